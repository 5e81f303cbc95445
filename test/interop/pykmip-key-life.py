"""Walks one AES key through the first part of its life with PyKMIP's client, which shares no code with ours.

One line a step, `ok STEP`; the first step that goes otherwise ends the script with its traceback and exit code 1.
usage: pykmip-key-life.py HOST PORT CERT KEY CA [MINOR]     MINOR: of KMIP 1, to speak; 1 if missing
"""
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from kmip.core import enums  # noqa: E402
from kmip.core.factories import attributes  # noqa: E402
from kmip.pie import objects  # noqa: E402
from kmip.pie.client import ProxyKmipClient  # noqa: E402
from kmip.pie.exceptions import KmipOperationFailure  # noqa: E402

host, port, cert, key, ca = sys.argv[1:6]
minor = sys.argv[6] if len(sys.argv) > 6 else "1"
MASK = [enums.CryptographicUsageMask.ENCRYPT, enums.CryptographicUsageMask.DECRYPT]


def step(name, holds):
    if not holds:
        raise AssertionError(name)
    print("ok " + name, flush=True)


def state_of(client, uid):
    _, found = client.get_attributes(uid, ["State"])
    return found[0].attribute_value.value


client = ProxyKmipClient(
    hostname=host, port=int(port), cert=cert, key=key, ca=ca, config_file="/dev/null",
    kmip_version=enums.KMIPVersion["KMIP_1_" + minor],
)
with client:
    uid = client.create(enums.CryptographicAlgorithm.AES, 256, cryptographic_usage_mask=MASK)
    step("create", bool(uid))
    step("state is Pre-Active", state_of(client, uid) == enums.State.PRE_ACTIVE)

    _, found = client.get_attributes(uid, ["Cryptographic Algorithm", "Cryptographic Length", "Object Type"])
    values = {one.attribute_name.value: one.attribute_value.value for one in found}
    step("attributes", values == {
        "Cryptographic Algorithm": enums.CryptographicAlgorithm.AES,
        "Cryptographic Length": 256,
        "Object Type": enums.ObjectType.SYMMETRIC_KEY,
    })

    first = client.get(uid)
    step("get is an AES key of 32 bytes", isinstance(first, objects.SymmetricKey) and len(first.value) == 32)
    step("get again is the same key", client.get(uid).value == first.value)
    other = client.create(enums.CryptographicAlgorithm.AES, 256, cryptographic_usage_mask=MASK)
    step("another create is another key", other != uid and client.get(other).value != first.value)

    # Under 1.0 PyKMIP still looks for the Key Format Type of a Digest, which came with 1.1.
    if minor >= "1":
        names, (_, everything) = client.get_attribute_list(uid), client.get_attributes(uid)
        step("all attributes are read", len(everything) >= len(names) > 5)

    client.activate(uid)
    step("state is Active", state_of(client, uid) == enums.State.ACTIVE)

    if minor >= "2":
        parameters = {
            "block_cipher_mode": enums.BlockCipherMode.CBC,
            "padding_method": enums.PaddingMethod.PKCS5,
            "cryptographic_algorithm": enums.CryptographicAlgorithm.AES,
        }
        sealed, _ = client.encrypt(b"a secret", uid, parameters, bytes(16))
        step("encrypt at the server", len(sealed) == 16)
        step("decrypt at the server", client.decrypt(sealed, uid, parameters, bytes(16)) == b"a secret")

    try:
        client.get("00000000-0000-4000-8000-000000000000")
        step("an unknown key is not found", False)
    except KmipOperationFailure as failure:
        step("an unknown key is not found", failure.reason == enums.ResultReason.ITEM_NOT_FOUND)
print(uid, flush=True)
