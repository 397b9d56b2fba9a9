"""The commands, a module each; tables for people by default, ``--format json`` for programs."""

import click

from slo_core.commands.alerts import alerts_command
from slo_core.commands.audit import audit_command
from slo_core.commands.calculate import calculate_command
from slo_core.commands.capacity import capacity_command
from slo_core.commands.collect import collect_command
from slo_core.commands.corrections import corrections_command
from slo_core.commands.desk import desk_command
from slo_core.commands.export import export_command
from slo_core.commands.forecast import forecast_command
from slo_core.commands.gate import gate_command
from slo_core.commands.handover import handover_command
from slo_core.commands.incidents import incidents_command
from slo_core.commands.ingest import ingest_command
from slo_core.commands.live import live_command
from slo_core.commands.maintenance import maintenance_command
from slo_core.commands.propose import propose_command
from slo_core.commands.replay import replay_command
from slo_core.commands.retain import retain_command
from slo_core.commands.review import review_command
from slo_core.commands.rollup import rollup_command
from slo_core.commands.sample import sample_command
from slo_core.commands.status import status_command
from slo_core.commands.watch import watch_command
from slo_core.commands.whatif import whatif_command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Service level objectives and error budgets from request logs."""


for command in (
    sample_command,
    ingest_command,
    rollup_command,
    retain_command,
    status_command,
    forecast_command,
    calculate_command,
    alerts_command,
    desk_command,
    handover_command,
    replay_command,
    incidents_command,
    corrections_command,
    maintenance_command,
    audit_command,
    gate_command,
    watch_command,
    whatif_command,
    export_command,
    review_command,
    capacity_command,
    propose_command,
    collect_command,
    live_command,
):
    cli.add_command(command)
