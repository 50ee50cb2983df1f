"""The consumer's side: what the mini-program on her phone says to our API and to WeChat, over HTTP only."""
