"""What other systems are told of us: 12345 platforms hear how their tickets fare, by a feed they read and by webhooks."""
