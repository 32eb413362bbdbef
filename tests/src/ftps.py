"""An FTP server with TLS, for the tests: python3 ftps.py ROOT PORT CERTIFICATE USER PASSWORD explicit|implicit|newest

It makes a certificate of its own, writes it to the file CERTIFICATE, and takes nothing that is not encrypted. As
many servers do, it wants the connections that bytes go over to take up the session of the one that commands go
over. With `newest` it does not, and knows nothing older than TLS 1.3.
"""

import datetime
import ipaddress
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL
from OpenSSL._util import lib
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler
from pyftpdlib.servers import FTPServer


def make_certificate(path):
    """A certificate for the loopback that nobody but itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sluice tests")])
    now = datetime.datetime.now(datetime.timezone.utc)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    with open(path, "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    with open(path + ".key", "wb") as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, *private))


class Data(TLS_DTPHandler):
    """Bytes."""

    def handle_ssl_established(self):
        if not lib.SSL_session_reused(self.socket._ssl):
            self.cmd_channel.respond("522 SSL connection failed: session reuse required")
            self.close()


class Explicit(TLS_FTPHandler):
    """TLS after AUTH."""

    dtp_handler = Data
    tls_control_required = True
    tls_data_required = True


class Newest(Explicit):
    """The same with any session."""

    dtp_handler = TLS_DTPHandler


class Implicit(Explicit):
    """TLS from the first byte."""

    def handle(self):
        self.secure_connection(self.ssl_context)

    def handle_ssl_established(self):
        super().handle()


def main(root, port, certificate, user, password, kind):
    make_certificate(certificate)
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate_file(certificate)
    context.use_privatekey_file(certificate + ".key")
    context.set_session_id(b"sluice")
    if kind == "newest":
        context.set_min_proto_version(SSL.TLS1_3_VERSION)
    handler = {"explicit": Explicit, "implicit": Implicit, "newest": Newest}[kind]
    handler.ssl_context = context
    handler.authorizer = DummyAuthorizer()
    handler.authorizer.add_user(user, password, root, perm="elradfmwMT")
    FTPServer(("127.0.0.1", int(port)), handler).serve_forever()


main(*sys.argv[1:])
