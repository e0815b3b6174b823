"""Ma signature: saved in the portal, made safe and short enough, and carried into Zimbra."""
