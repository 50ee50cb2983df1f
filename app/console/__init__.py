"""What the web console of the brand's marketers and the dealers' advisers calls, and the console's own pages."""
