"""Ours, not Rekognition's: this server as a witness of other logs."""

from __future__ import annotations

from recognizance import shapes
from recognizance.accountability import witnessed
from recognizance.accountability.exported import Request
from recognizance.accountability.witnessing import NotGrown
from recognizance.errors import Conflict, InvalidParameter, LedgerBroken
from recognizance.operations.call import Call, operation
from recognizance.values import Act


@operation("DescribeWitness", Act.READ)
def describe_witness(call: Call, request: shapes.DescribeWitnessRequest) -> shapes.DescribeWitnessResponse:
    """Give the public key this server cosigns with, and say of which logs it cosigned what."""
    witness = call.tools.witness
    sizes = witnessed.sizes(call.tools.database)
    known: list[shapes.WitnessedLog] = [
        {"VerifierKey": str(key), "Size": sizes.get(key.name, 0)} for key in witness.keys
    ]
    return {"VerifierKey": str(witness.signer.verifier), "Witnessed": known}


@operation("WitnessCheckpoint", Act.AUDIT)
def witness_checkpoint(call: Call, request: shapes.WitnessCheckpointRequest) -> shapes.WitnessCheckpointResponse:
    """Cosign a checkpoint of a known log that grew from the last one cosigned: never a fork, never a smaller one."""
    asked = Request(request["OldSize"], tuple(request.get("Proof", ())), request["Checkpoint"])
    witness = call.tools.witness
    try:
        with call.write() as tx:
            made, signature = witness.cosign(tx, asked, call.tools.now())
            call.note(log=call.tools.seal.digest(made.origin), size=made.size, cosigned=made.root.hex())
    except NotGrown as error:
        raise Conflict(str(error)) from None
    except LedgerBroken as error:
        raise InvalidParameter(f"Request has invalid parameters: {error}") from None
    return {"Cosignature": f"{signature}\n", "Size": made.size}
