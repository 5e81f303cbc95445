"""Brings objects of every kind to the key server and takes them back with PyKMIP's client, and works on keys as it can.

One line a step, `ok STEP`; the first step that goes otherwise ends the script with its traceback and exit code 1.
usage: pykmip-objects.py HOST PORT CERT KEY CA
"""
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)

from cryptography import x509  # noqa: E402
from cryptography.hazmat.backends import default_backend  # noqa: E402
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap  # noqa: E402
from cryptography.hazmat.primitives.serialization import Encoding  # noqa: E402
from kmip.core import enums  # noqa: E402
from kmip.core.factories import attributes  # noqa: E402
from kmip.pie import objects  # noqa: E402
from kmip.pie.client import ProxyKmipClient  # noqa: E402

host, port, cert, key, ca = sys.argv[1:6]
AES = enums.CryptographicAlgorithm.AES
MASK = enums.CryptographicUsageMask
NAME = enums.AttributeType.NAME
make = attributes.AttributeFactory().create_attribute


def client_of(version=enums.KMIPVersion.KMIP_1_1, **credential):
    return ProxyKmipClient(
        hostname=host, port=int(port), cert=cert, key=key, ca=ca, config_file="/dev/null", kmip_version=version,
        **credential,
    )


def step(name, holds):
    if not holds:
        raise AssertionError(name)
    print("ok " + name, flush=True)


def comes_back(client, thing):
    return client.get(client.register(thing)).value == thing.value


with client_of() as client:
    opaque = objects.OpaqueObject(bytes(range(256)) * 1200, enums.OpaqueDataType.NONE, "opaque")
    step("an opaque object of 300 KiB", comes_back(client, opaque))
    secret = objects.SecretData(b"a seed", enums.SecretDataType.SEED, [MASK.VERIFY], "secret")
    step("secret data", comes_back(client, secret))
    with open(ca, "rb") as file:
        der = x509.load_pem_x509_certificate(file.read(), default_backend()).public_bytes(Encoding.DER)
    step("a certificate", comes_back(client, objects.X509Certificate(der, [MASK.VERIFY], "certificate")))

    public, private = client.create_key_pair(
        enums.CryptographicAlgorithm.RSA, 2048, public_usage_mask=[MASK.VERIFY], private_usage_mask=[MASK.SIGN]
    )
    forms = [client.get(half).key_format_type for half in (public, private)]
    step("an RSA pair in PKCS#1", forms == [enums.KeyFormatType.PKCS_1] * 2)

    kek = client.create(AES, 256, cryptographic_usage_mask=[MASK.WRAP_KEY])
    client.activate(kek)
    plain = client.create(AES, 256, cryptographic_usage_mask=[MASK.ENCRYPT])
    wrapped = client.get(plain, key_wrapping_specification={
        "wrapping_method": enums.WrappingMethod.ENCRYPT,
        "encryption_key_information": {
            "unique_identifier": kek,
            "cryptographic_parameters": {"block_cipher_mode": enums.BlockCipherMode.NIST_KEY_WRAP},
        },
        "encoding_option": enums.EncodingOption.NO_ENCODING,
    })
    unwrapped = aes_key_unwrap(client.get(kek).value, wrapped.value, default_backend())
    step("a key under NIST key wrap", unwrapped == client.get(plain).value)

    old = client.create(AES, 256, name="re-keyed", cryptographic_usage_mask=[MASK.ENCRYPT])
    new = client.rekey(uid=old)
    step("re-key makes another key", client.get(new).value != client.get(old).value)
    step("re-key moves the name", client.locate(attributes=[make(NAME, "re-keyed")]) == [new])

    client.modify_attribute(unique_identifier=new, attribute=make(NAME, "renamed", 0))
    step("a name is changed", client.locate(attributes=[make(NAME, "renamed")]) == [new])
    client.delete_attribute(unique_identifier=new, attribute_name="Name", attribute_index=0)
    step("a name is deleted", client.locate(attributes=[make(NAME, "renamed")]) == [])

    functions = [enums.QueryFunction(number) for number in range(1, 7)]
    answer = client.proxy.query(query_functions=functions)
    step("every function of query", answer.result_status.value == enums.ResultStatus.SUCCESS)

for version in (enums.KMIPVersion.KMIP_1_3, enums.KMIPVersion.KMIP_1_4):
    with client_of(version) as client:
        uid = client.create(AES, 256, cryptographic_usage_mask=[MASK.ENCRYPT])
        client.activate(uid)
        client.revoke(enums.RevocationReasonCode.CESSATION_OF_OPERATION, uid)
        client.destroy(uid)
        step("a key's life under " + version.name, True)

with client_of(username="fred", password="a password") as client:
    uid = client.create(AES, 256, cryptographic_usage_mask=[MASK.ENCRYPT])
    step("a user name in the header", len(client.get(uid).value) == 32)
