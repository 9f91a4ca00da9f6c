"""What `scripts/readers` needs to read into a data base as a team would: PostgreSQL, and Kafka Connect with the sinks of
deploy/connect. Both come from Maven, once; both listen on loopback and die with the script.
"""
import ctypes
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import subprocess
import tarfile
import tempfile
import time
import urllib.request
import zipfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("SEGUE_CACHE", ROOT / ".cache"))
KAFKA, DEBEZIUM, CONVERTER, POSTGRES = "4.3.1", "3.6.0.Final", "2.6.13.Final", "16.4.0"
MACHINE = {"x86_64": "amd64", "aarch64": "arm64v8"}
SINKS = ROOT / "deploy/connect"
START_SECONDS = 120
# The user that PostgreSQL becomes where we are root, which it refuses to be.
NOBODY = 65534
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>segue.test</groupId><artifactId>{name}</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>{dependencies}</dependencies>
</project>
"""
WORKER = """bootstrap.servers={bootstrap}
key.converter=org.apache.kafka.connect.storage.StringConverter
value.converter=org.apache.kafka.connect.storage.StringConverter
offset.storage.file.filename={home}/offsets
plugin.path={plugins}
plugin.discovery=hybrid_warn
listeners=http://127.0.0.1:{port}
config.providers=env
config.providers.env.class=org.apache.kafka.common.config.provider.EnvVarConfigProvider
consumer.metadata.max.age.ms=5000
"""


class Missing(Exception):
    """A tool or an archive is not there."""


def die_with_parent():
    """PR_SET_PDEATHSIG: in a child, so that kill -9 of this script leaves nothing behind."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def free_port():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return held.getsockname()[1]


def maven(*arguments, folder):
    found = shutil.which("mvn")
    if not found:
        raise Missing("mvn is missing: install maven (Debian: apt-get install maven)")
    # A POM of another project must not be taken for ours: Maven runs in a folder of its own.
    if subprocess.run([found, "-B", "-q", *arguments], cwd=folder, stdout=subprocess.DEVNULL).returncode:
        raise Missing(f"Maven could not fetch {arguments[-1]} (see above)")


def once(name, fill):
    """A folder of the cache, filled once; a half-finished fetch is never taken for a whole one."""
    target = CACHE / name
    if not target.is_dir():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as work:
            made = pathlib.Path(work, "made")
            made.mkdir()
            fill(pathlib.Path(work), made)
            try:
                made.rename(target)
            except OSError:
                if not target.is_dir():  # another fetch may have been faster, which is fine
                    raise
    return target


def jars(name, *artifacts):
    """The jars of these artifacts and of all they need."""

    def fill(work, made):
        parts = (artifact.split(":") for artifact in artifacts)
        dependencies = "".join(f"<dependency><groupId>{g}</groupId><artifactId>{a}</artifactId><version>{v}</version></dependency>"
                               for g, a, v in parts)  # fmt: skip
        (work / "pom.xml").write_text(POM.format(name=name, dependencies=dependencies))
        maven("dependency:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={made}", folder=work)

    return once(name, fill)


def plugins():
    """The folder of Connect's plugins: the JDBC sink and the Avro converter, a folder each."""

    def fill(work, made):
        artifact = f"io.debezium:debezium-connector-jdbc:{DEBEZIUM}:tar.gz:plugin"
        maven("dependency:copy", f"-DoutputDirectory={work}/tar", f"-Dartifact={artifact}", folder=work)
        with tarfile.open(next((work / "tar").glob("*.tar.gz"))) as archive:
            archive.extractall(made, filter="data")
        converter = jars(f"apicurio-converter-{CONVERTER}", f"io.apicurio:apicurio-registry-utils-converter:{CONVERTER}")
        shutil.copytree(converter, made / "converter")

    return once(f"connect-plugins-{DEBEZIUM}-{CONVERTER}", fill)


def postgres():
    """The folder of PostgreSQL's programs."""
    kind = MACHINE.get(platform.machine())
    if not kind:
        raise Missing(f"no PostgreSQL is published for {platform.machine()}")

    def fill(work, made):
        artifact = f"io.zonky.test.postgres:embedded-postgres-binaries-linux-{kind}:{POSTGRES}"
        maven("dependency:copy", f"-DoutputDirectory={work}/jar", f"-Dartifact={artifact}", folder=work)
        with zipfile.ZipFile(next((work / "jar").glob("*.jar"))) as archive:
            packed = next(name for name in archive.namelist() if name.endswith(".txz"))
            with archive.open(packed) as inner, tarfile.open(fileobj=inner, mode="r:xz") as programs:
                programs.extractall(made, filter="data")
        # Whoever PostgreSQL becomes must reach them.
        made.chmod(0o755)

    return once(f"postgres-{POSTGRES}-{kind}", fill)


class Service:
    """A process with a folder of its own that lives as long as the `with` block."""

    name = ""
    process = None

    def __enter__(self):
        self.home = pathlib.Path(tempfile.mkdtemp(prefix="segue-"))
        self.log = self.home / "log"
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)

    def launch(self, command, answers, **options):
        """Starts the process and waits until `answers` does not raise any more."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent, **options)
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.must_live()
            try:
                return answers()
            except OSError:
                if time.monotonic() > deadline:
                    raise SystemExit(f"scripts/readers: {self.name} is not up in {START_SECONDS} s; {self.tail()}") from None
                time.sleep(0.1)

    def must_live(self):
        if self.process.poll() is not None:
            raise SystemExit(f"scripts/readers: {self.name} has stopped; {self.tail()}")

    def tail(self):
        return "end of its log:\n" + "\n".join(self.log.read_text(errors="replace").splitlines()[-30:])


class PostgreSQL(Service):
    """A data base with the tables of deploy/connect that lives as long as the `with` block; its user is `segue`."""

    name = "PostgreSQL"

    def __init__(self):
        self.programs = postgres()
        self.port = free_port()
        self.url = f"jdbc:postgresql://127.0.0.1:{self.port}/postgres"

    def start(self):
        is_root = os.geteuid() == 0
        other = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if is_root else {}
        if is_root:
            os.chown(self.home, NOBODY, NOBODY)
        programs = self.programs
        if is_root and not reachable(programs):
            # The cache lies below a folder that others may not enter.
            programs = pathlib.Path(shutil.copytree(self.programs, self.home / "programs"))
        made = subprocess.run([programs / "bin/initdb", "-D", self.home / "data", "-U", "segue", "-A", "trust", "-E", "UTF8", "--locale=C",
                               "--no-sync"], cwd="/", capture_output=True, text=True, **other)  # fmt: skip
        if made.returncode:
            raise SystemExit(f"scripts/readers: initdb failed:\n{made.stdout}{made.stderr}")
        self.launch([programs / "bin/postgres", "-D", self.home / "data", "-p", str(self.port), "-k", self.home, "-c", "fsync=off",
                     "-c", "listen_addresses=127.0.0.1"],
                    lambda: socket.create_connection(("127.0.0.1", self.port), timeout=1).close(), cwd="/", **other)  # fmt: skip
        self.ask((SINKS / "tables.sql").read_text())

    def ask(self, sql):
        """The rows of a query, or of the last one of several."""
        import pg8000.native

        link = pg8000.native.Connection("segue", host="127.0.0.1", port=self.port, database="postgres")
        try:
            return [tuple(row) for row in link.run(sql) or []]
        finally:
            link.close()


class Connect(Service):
    """Kafka Connect with every sink of deploy/connect, writing into a data base."""

    name = "Kafka Connect"

    def __init__(self, bootstrap, registry, prefix, database):
        self.libs = jars(f"connect-{KAFKA}", f"org.apache.kafka:connect-runtime:{KAFKA}", f"org.apache.kafka:connect-transforms:{KAFKA}",
                         "org.slf4j:slf4j-simple:1.7.36")  # fmt: skip
        self.plugins, self.port = plugins(), free_port()
        self.bootstrap = bootstrap
        # The data base of this test asks for no password; a sink wants to have one.
        self.environment = dict(os.environ, SEGUE_TOPIC_PREFIX=prefix, SEGUE_REGISTRY_URL=registry, SEGUE_DATABASE_URL=database.url,
                                SEGUE_DATABASE_USER="segue", SEGUE_DATABASE_PASSWORD="none")  # fmt: skip

    def start(self):
        worker = self.home / "worker.properties"
        worker.write_text(WORKER.format(bootstrap=self.bootstrap, home=self.home, plugins=self.plugins, port=self.port))
        java = shutil.which("java") or "java"
        self.launch([java, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                     "-cp", f"{self.libs}/*", "org.apache.kafka.connect.cli.ConnectStandalone", worker, *sorted(SINKS.glob("*.json"))],
                    self.states, env=self.environment)  # fmt: skip

    def states(self):
        """By sink: the state of its task, and what went wrong there."""
        self.must_live()
        # Loopback, whatever proxy the environment names.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(f"http://127.0.0.1:{self.port}/connectors?expand=status", timeout=10) as answer:
            found = json.load(answer)
        tasks = {name: one["status"]["tasks"] for name, one in found.items()}
        return {name: (of_one[0]["state"], of_one[0].get("trace", "")) if of_one else ("UNASSIGNED", "") for name, of_one in tasks.items()}


def reachable(folder):
    """Whether everybody may enter it."""
    return all(parent.stat().st_mode & 0o001 for parent in (folder, *folder.parents))
