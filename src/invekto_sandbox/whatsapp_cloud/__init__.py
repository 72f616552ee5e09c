"""WhatsApp Cloud API: Meta's Graph endpoints, webhooks and rules."""
