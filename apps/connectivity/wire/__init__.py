"""The other end of what tasks and the consumer speak with: SMS gateways and the message broker."""
