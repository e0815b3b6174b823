"""How far each wave is: figures counted ahead, trend, who is stuck, jobs that failed, comparison of waves."""
