"""The domain of grid-based social governance. It knows neither HTTP nor the queue."""
