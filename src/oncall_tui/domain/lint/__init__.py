"""Remarks on words before customers read them: `model` holds the terms, `catalogue` the rules and `lint` itself.

Nothing is loaded from here: a screen that shows remarks starts without the rules that find them.
"""
