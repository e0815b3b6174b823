"""Doors for the workers: an id in, one call, safe to run twice and to be killed at any line."""

from __future__ import annotations

from celery import shared_task

from accounts.handing_out import hand_out


@shared_task
def read_deposit(deposit_id: int) -> None:
    from bascule import reading

    reading.read(deposit_id)


@shared_task
def carry_import(import_id: int) -> None:
    from bascule.imports import engine

    again_in = engine.advance(import_id)
    if again_in is not None:
        hand_out(carry_import, import_id, in_seconds=again_in)
    elif (following := engine.next_of(import_id)) is not None:
        hand_out(carry_import, following)


@shared_task
def look_at_destinations(collection_id: int) -> None:
    from bascule.imports import destinations

    destinations.look(collection_id)


@shared_task
def carry_replay(replay_id: int) -> None:
    from bascule.replays import engine

    again_in = engine.advance(replay_id)
    if again_in is not None:
        hand_out(carry_replay, replay_id, in_seconds=again_in)
    elif (following := engine.next_of(replay_id)) is not None:
        hand_out(carry_replay, following)


@shared_task
def carry_filter_intake(intake_id: int) -> None:
    from bascule.filter_intakes import engine

    if engine.advance(intake_id):
        hand_out(carry_filter_intake, intake_id)


@shared_task
def carry_wave_run(run_id: int) -> None:
    from bascule.waves import runs

    if runs.advance(run_id):
        hand_out(carry_wave_run, run_id)


@shared_task
def carry_rehearsal(rehearsal_id: int) -> None:
    from bascule.rehearsals import engine

    if engine.advance(rehearsal_id):
        hand_out(carry_rehearsal, rehearsal_id)


@shared_task
def make_app_password(row_id: int) -> None:
    from bascule.devices import making

    again_in = making.make(row_id)
    if again_in is not None:
        hand_out(make_app_password, row_id, in_seconds=again_in)


@shared_task
def revoke_app_password(row_id: int) -> None:
    from bascule.devices import making

    again_in = making.revoke(row_id)
    if again_in is not None:
        hand_out(revoke_app_password, row_id, in_seconds=again_in)


@shared_task
def look_at_app_passwords(agent_id: int) -> None:
    from bascule.devices import password_look

    password_look.look(agent_id)


@shared_task
def resume_app_passwords() -> None:
    """Application passwords whose worker died, whose message was lost, or whose pause is over; those nobody looked at
    are forgotten."""
    from bascule.devices import making, passwords

    passwords.expire()
    for row_id in making.waiting():
        hand_out(revoke_app_password if making.is_revocation(row_id) else make_app_password, row_id)


@shared_task
def try_connection(test_id: int, ticket: str) -> None:
    from bascule.devices.connection import engine

    engine.run(test_id, ticket)


@shared_task
def interrupt_lost_tests() -> None:
    """Connection tests whose worker died, or whose message was lost: the person alone can begin anew."""
    from bascule.devices.connection import engine

    engine.interrupt_lost()


@shared_task
def look_at_settings(agent_id: int) -> None:
    from bascule import mailbox_look

    mailbox_look.look(agent_id)


@shared_task
def fetch_signature_pictures(signature_id: int) -> None:
    from bascule.signatures import pictures

    pictures.fetch(signature_id)


@shared_task
def resume_deposits() -> None:
    """Deposits whose reader died, or whose message was lost."""
    from bascule import reading

    for deposit_id in reading.waiting():
        hand_out(read_deposit, deposit_id)


@shared_task
def resume_imports() -> None:
    """Imports whose worker died, whose message was lost, or whose pause is over."""
    from bascule.imports import engine

    for import_id in engine.waiting():
        hand_out(carry_import, import_id)


@shared_task
def resume_replays() -> None:
    """Replays whose worker died, whose message was lost, or whose pause is over."""
    from bascule.replays import engine

    for replay_id in engine.waiting():
        hand_out(carry_replay, replay_id)


@shared_task
def resume_filter_intakes() -> None:
    """Intakes of filters whose worker died, or whose message was lost."""
    from bascule.filter_intakes import engine

    for intake_id in engine.waiting():
        hand_out(carry_filter_intake, intake_id)


@shared_task
def resume_wave_runs() -> None:
    """Changes of state of a wave whose worker died, or whose message was lost."""
    from bascule.waves import runs

    for run_id in runs.waiting():
        hand_out(carry_wave_run, run_id)


@shared_task
def resume_rehearsals() -> None:
    """Dry runs of a wave whose workers died, or whose messages were lost."""
    from bascule.rehearsals import engine

    for rehearsal_id in engine.waiting():
        hand_out(carry_rehearsal, rehearsal_id)


@shared_task
def tell_latecomers() -> None:
    """Whoever came into a wave after its people were told the date, or whose date changed."""
    from bascule.waves import runs

    runs.tell_latecomers()


@shared_task
def carry_bulk(server_id: int) -> None:
    from bascule.bulk import engine

    again_in = engine.work(server_id)
    if again_in is not None:
        hand_out(carry_bulk, server_id, in_seconds=again_in)


@shared_task
def count_bulk_forecast(wave_id: int) -> None:
    """What a run over a large wave would do."""
    from bascule.bulk import forecast

    forecast.count(wave_id)


@shared_task
def resume_bulk() -> None:
    """Imports of waves at which fewer workers are than may be: one died, its message was lost, or a pause is over."""
    from bascule.bulk import engine

    engine.hand_out_seats()


@shared_task
def refresh_standings() -> None:
    """Whoever was left out by what changed people on another way."""
    from bascule import standings

    standings.refresh()


@shared_task
def refresh_figures() -> None:
    """Waves in which something has changed, one after the other; what is left of them the clock asks for again."""
    from bascule.tracking import figures

    figures.refresh_due()


@shared_task
def refresh_all_figures() -> None:
    """Every wave, so that each day ends with its figures, and nothing that noted no change stays uncounted."""
    from bascule.tracking import figures

    figures.refresh_all()


@shared_task
def retry_jobs(retry_id: int) -> None:
    from bascule.tracking import retries

    if retries.go_on(retry_id):
        hand_out(retry_jobs, retry_id)


@shared_task
def resume_retries() -> None:
    """Retries of many jobs whose worker died, or whose message was lost."""
    from bascule.tracking import retries

    for retry_id in retries.waiting():
        hand_out(retry_jobs, retry_id)


@shared_task
def send_reminder(round_id: int) -> None:
    from bascule.reminders import sending

    # Pauses are left to the clock.
    if sending.advance(round_id) == 0:
        hand_out(send_reminder, round_id)


@shared_task
def send_reminder_trial(trial_id: int) -> None:
    from bascule.reminders import trials

    trials.send(trial_id)


@shared_task
def resume_reminders() -> None:
    """Rounds whose moment has come, whose pause is over, or whose worker died; trials that were left out."""
    from bascule.reminders import sending, trials

    for round_id in sending.waiting():
        hand_out(send_reminder, round_id)
    for trial_id in trials.waiting():
        hand_out(send_reminder_trial, trial_id)


@shared_task
def forget_old_reminders() -> None:
    """Lists of people who got a reminder that is long over."""
    from bascule.reminders import forgetting

    forgetting.forget()


@shared_task
def forget_old_opinions() -> None:
    """Opinions on the help and searches without result, a year after."""
    from bascule import planning
    from bascule.help import opinions

    opinions.forget(opinions.oldest_kept(planning.today()))


@shared_task
def expire_deposits() -> None:
    from bascule import deposits
    from bascule.filter_intakes import decisions
    from bascule.mailbox_check import retention

    decisions.expire()
    retention.expire()
    deposits.expire()


@shared_task
def carry_mailbox_census(census_id: int, ticket: str = "") -> None:
    from bascule.mailbox_check import engine

    engine.carry(census_id, ticket)


@shared_task
def carry_mailbox_act(act_id: int, ticket: str = "") -> None:
    from bascule.mailbox_check import acts

    acts.carry(act_id, ticket)


@shared_task
def carry_mailbox_run(run_id: int) -> None:
    from bascule.mailbox_check import wave_runs

    wave_runs.advance(run_id)


@shared_task
def resume_mailbox_checks() -> None:
    """Waves' runs, censuses and small jobs whose worker died, whose message was lost, or whose pause is over; headers
    that were shown long enough are erased."""
    from bascule.mailbox_check import acts, engine, wave_runs

    acts.erase_shown()
    for run_id in wave_runs.waiting():
        hand_out(carry_mailbox_run, run_id)
    for census_id in engine.waiting():
        hand_out(carry_mailbox_census, census_id)
    for act_id in acts.waiting():
        hand_out(carry_mailbox_act, act_id)
