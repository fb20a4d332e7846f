"""Trainings that admins start: each runs as a Ray job beside the replicas, and tells its row how far it is."""
