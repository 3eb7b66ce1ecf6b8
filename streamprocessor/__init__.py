"""Real-time, exact and explainable contact scoring on Kafka and Faust."""
