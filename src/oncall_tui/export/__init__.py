"""What leaves for readers elsewhere: Markdown and HTML that nothing from outside can steer."""
