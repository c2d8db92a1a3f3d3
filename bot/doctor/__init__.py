"""`safeguild doctor`: facts are gathered first (`gathering`), then judged (`checks`), then shown."""
