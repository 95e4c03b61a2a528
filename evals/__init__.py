"""Known questions, metrics, the gate and its report: how good the answers of the service are, in figures."""
