"""What `scripts/kafka --secure` adds to a broker: listeners with TLS and logins, certificates, users, an authoriser.

Everything is made by openssl in the run's folder and is worth nothing outside of it. In that folder:

    ca.pem              the authority of the broker and of our own certificates; other-ca.pem knows neither
    client.pem, .key    a certificate of ours (CN=segue-mtls); client-encrypted.key: the same key under a passphrase
    server.pem, .key    for an HTTP server on localhost
    token.jwt           a signed token (sub=segue-oidc) that the broker takes from OAUTHBEARER
    ports.json          the listeners' ports by name, as below

Listeners: SECURED (SASL_SSL: SCRAM-SHA-512, SCRAM-SHA-256, PLAIN, OAUTHBEARER), CLEAR (SASL_PLAINTEXT, the same), MUTUAL (SSL,
a certificate of ours is wanted), EXPIRED and ELSEWHERE (SSL with a certificate that is over, or for another name). The usual
PLAINTEXT listener stays: whoever comes there is ANONYMOUS and may do everything, which is how a test looks on.
Users: segue (SCRAM, password PASSWORD), segue-plain (PLAIN, the same password). They may do nothing until it is granted.
"""
import base64
import json
import pathlib
import subprocess
import time

PASSWORD = "pa55-of-segue"
KEY_PASSWORD = "pa55-of-key"
LISTENERS = ["SECURED", "CLEAR", "MUTUAL", "EXPIRED", "ELSEWHERE"]
MECHANISMS = "SCRAM-SHA-512,SCRAM-SHA-256,PLAIN,OAUTHBEARER"
CA_CONFIG = """[ca]
default_ca = own
[own]
database = {home}/index.txt
serial = {home}/serial
new_certs_dir = {home}
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
"""


class Secrets:
    """The files, and the properties of a broker that uses them."""

    def __init__(self, home, openssl):
        self.home, self.openssl = pathlib.Path(home), openssl
        self.home.mkdir(parents=True)
        self.authority("ca")
        self.authority("other-ca")
        self.certificate("server", "localhost", "DNS:localhost,IP:127.0.0.1")
        self.certificate("client", "segue-mtls", "DNS:segue")
        self.certificate("expired", "localhost", "DNS:localhost,IP:127.0.0.1", over=True)
        self.certificate("elsewhere", "elsewhere.example", "DNS:elsewhere.example")
        self.run("pkcs8", "-topk8", "-in", "client.key", "-passout", f"pass:{KEY_PASSWORD}", "-out", "client-encrypted.key")
        self.token()

    def run(self, *arguments, data=None):
        done = subprocess.run([self.openssl, *arguments], cwd=self.home, input=data, capture_output=True)
        if done.returncode:
            raise SystemExit(f"scripts/kafka: openssl {arguments[0]} failed:\n{done.stderr.decode()}")
        return done.stdout

    def authority(self, name):
        self.run("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={name}", "-keyout",
                 f"{name}.key", "-out", f"{name}.pem")

    def certificate(self, name, subject, names, over=False):
        """A key and a certificate of it, and both in one file as a broker takes them."""
        self.run("req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={subject}", "-addext", f"subjectAltName={names}",
                 "-keyout", f"{name}.key", "-out", f"{name}.csr")
        (self.home / "ca.cnf").write_text(CA_CONFIG.format(home=self.home))
        (self.home / "index.txt").write_text("")
        (self.home / "serial").write_text(f"{time.time_ns():016X}\n")
        dates = ["-startdate", "20200101000000Z", "-enddate", "20200201000000Z"] if over else ["-days", "3650"]
        self.run("ca", "-batch", "-config", "ca.cnf", "-cert", "ca.pem", "-keyfile", "ca.key", "-notext", "-in", f"{name}.csr",
                 "-out", f"{name}.pem", *dates)
        parts = [(self.home / part).read_text() for part in (f"{name}.key", f"{name}.pem", "ca.pem")]
        (self.home / f"{name}-store.pem").write_text("".join(parts))

    def token(self):
        """A token for ten hours, and the key that the broker checks it with."""
        self.run("genrsa", "-out", "token.key", "2048")
        modulus = self.run("rsa", "-in", "token.key", "-noout", "-modulus").decode().strip().split("=")[1]
        key = {"kty": "RSA", "kid": "test", "alg": "RS256", "use": "sig", "n": encode(bytes.fromhex(modulus)), "e": "AQAB"}
        (self.home / "jwks.json").write_text(json.dumps({"keys": [key]}))
        now = int(time.time())
        claims = {"iss": "test", "aud": "kafka", "sub": "segue-oidc", "iat": now, "exp": now + 36000}
        signed = ".".join(encode(json.dumps(part).encode()) for part in ({"alg": "RS256", "kid": "test"}, claims))
        signature = self.run("dgst", "-sha256", "-sign", "token.key", data=signed.encode())
        (self.home / "token.jwt").write_text(f"{signed}.{encode(signature)}")

    def properties(self, ports):
        """Beside those of an open broker; `ports` of LISTENERS. The caller joins the lists of listeners."""
        protocols = {"SECURED": "SASL_SSL", "CLEAR": "SASL_PLAINTEXT"}
        found = {
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in zip(LISTENERS, ports)),
            # Each listener hands out itself, so that whoever came by it stays on it.
            "advertised.listeners": ",".join(f"{name}://localhost:{port}" for name, port in zip(LISTENERS, ports)),
            "listener.security.protocol.map": ",".join(f"{name}:{protocols.get(name, 'SSL')}" for name in LISTENERS),
            "ssl.truststore.type": "PEM",
            "ssl.truststore.location": self.home / "ca.pem",
            "ssl.keystore.type": "PEM",
            "ssl.keystore.location": self.home / "server-store.pem",
            "listener.name.mutual.ssl.client.auth": "required",
            "listener.name.mutual.ssl.principal.mapping.rules": "RULE:^CN=(.*?)$/$1/,DEFAULT",
            "listener.name.expired.ssl.keystore.type": "PEM",
            "listener.name.expired.ssl.keystore.location": self.home / "expired-store.pem",
            "listener.name.elsewhere.ssl.keystore.type": "PEM",
            "listener.name.elsewhere.ssl.keystore.location": self.home / "elsewhere-store.pem",
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        }
        modules = "org.apache.kafka.common.security"
        for name in protocols:
            of = f"listener.name.{name.lower()}"
            oauth = f"{of}.oauthbearer.sasl"
            found |= {
                f"{of}.sasl.enabled.mechanisms": MECHANISMS,
                f"{of}.scram-sha-512.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
                f"{of}.scram-sha-256.sasl.jaas.config": f"{modules}.scram.ScramLoginModule required;",
                f"{of}.plain.sasl.jaas.config":
                    f'{modules}.plain.PlainLoginModule required user_segue-plain="{PASSWORD}";',
                f"{oauth}.jaas.config": f"{modules}.oauthbearer.OAuthBearerLoginModule required;",
                f"{oauth}.server.callback.handler.class": f"{modules}.oauthbearer.OAuthBearerValidatorCallbackHandler",
                f"{oauth}.oauthbearer.jwks.endpoint.url": self.keys_url(),
                f"{oauth}.oauthbearer.expected.audience": "kafka",
                f"{oauth}.oauthbearer.expected.issuer": "test",
            }
        (self.home / "ports.json").write_text(json.dumps(dict(zip(LISTENERS, ports))))
        return found

    def keys_url(self):
        return (self.home / "jwks.json").as_uri()

    def java(self):
        """Options of the broker's process: which addresses it may read keys from."""
        return [f"-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls={self.keys_url()}"]

    def format(self):
        """Options of the storage tool: users that are there from the first start."""
        users = [f"{mechanism}=[name=segue,password={PASSWORD}]" for mechanism in ("SCRAM-SHA-512", "SCRAM-SHA-256")]
        return [word for user in users for word in ("--add-scram", user)]


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
