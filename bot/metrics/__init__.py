"""What the operator watches: metrics for Prometheus, and whether the bot is alive and ready."""
