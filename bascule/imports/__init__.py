"""The pipeline of the main job: what was read in a deposited file goes into the person's Zimbra mailbox.

    confirm.start ─► engine.advance: plan ─► send (with recover) ─► verify          confirm.undo ─► engine.advance: undo

Pages call `confirm` and `results`; tasks call `engine`. Nothing else writes imports.
"""
