"""The embedded status page: write API, public JSON, the page that customers read, a feed."""
