"""Asks a key server what MongoDB's driver asks it: pymongo's KMIP provider makes a data key, wraps and unwraps it.

The messages are libmongocrypt's (pymongocrypt); no MongoDB runs. One line a step: `ok STEP` or `FAILED STEP: why`.
usage: pymongo-provider.py HOST PORT CERT KEY CA
"""
import socket
import ssl
import sys

import bson
from pymongocrypt.options import MongoCryptOptions
from pymongocrypt.synchronous.explicit_encrypter import ExplicitEncrypter
from pymongocrypt.synchronous.state_machine import MongoCryptCallback

host, port, cert, key, ca = sys.argv[1:6]
endpoint = f"{host}:{port}"


class KeyVault(MongoCryptCallback):
    """The driver's side: sends what libmongocrypt wrote, keeps data keys in memory."""

    def __init__(self):
        self.keys = {}

    def kms_request(self, context):
        tls = ssl.create_default_context(cafile=ca)
        tls.check_hostname = True
        tls.load_cert_chain(cert, key)
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with tls.wrap_socket(plain, server_hostname=host) as channel:
                channel.sendall(context.message)
                while context.bytes_needed > 0:
                    data = channel.recv(context.bytes_needed)
                    if not data:
                        raise OSError("the key server closed the connection")
                    context.feed(data)

    def fetch_keys(self, filter):
        wanted = bson.decode(filter)["$or"][0]["_id"]["$in"]
        for one in wanted:
            if bytes(one) in self.keys:
                yield self.keys[bytes(one)]

    def insert_data_key(self, data_key):
        document = bson.decode(data_key)
        self.keys[bytes(document["_id"])] = bson.encode(document)
        return document["_id"]

    def collection_info(self, database, filter):
        raise NotImplementedError

    def mark_command(self, database, command):
        raise NotImplementedError

    def bson_encode(self, document):
        return bson.encode(document)

    def close(self):
        pass


def attempt(step, work):
    try:
        answer = work()
    except Exception as error:  # noqa: BLE001  (whatever a library throws is this step's result)
        print(f"FAILED {step}: {error}", flush=True)
        return None
    print("ok " + step, flush=True)
    return answer


vault = KeyVault()
providers = {"kmip": {"endpoint": endpoint}}
options = MongoCryptOptions(providers)


def encrypter():
    return ExplicitEncrypter(vault, options)


def data_key(master_key):
    return encrypter().create_data_key("kmip", master_key=master_key)


def round_trip(key_id):
    algorithm = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
    value = bson.encode({"v": "a secret"})
    sealed = encrypter().encrypt(value, algorithm, key_id=bytes(key_id))
    opened = encrypter().decrypt(sealed)  # a fresh encrypter: the key comes from the key server again
    assert bson.decode(opened)["v"] == "a secret"


first = attempt("a data key under a new Secret Data (Register, Activate, Get)", lambda: data_key({}))
attempt("the data key opens again (Get)", lambda: round_trip(first))
if first is not None:
    kept = bson.decode(vault.keys[bytes(first)])["masterKey"]["keyId"]
    again = attempt("a data key under the same Secret Data (Get)", lambda: data_key({"keyId": kept}))
    attempt("that data key opens again (Get)", lambda: round_trip(again))
delegated = attempt("a data key that the server wraps (Create, Activate, Encrypt)", lambda: data_key({"delegated": True}))
attempt("the data key that the server unwraps (Decrypt)", lambda: round_trip(delegated))
