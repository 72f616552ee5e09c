"""A desk on two machines with its database on a third, behind a load balancer: what a larger installation runs."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from invekto.entry import postgres_user
from invekto.entry.postgres import DATABASE, EmbeddedPostgres
from invekto.entry.postgres_settings import SOCKET_PORT
from invekto.entry.roles import APP, OWNER
from tests.desk import ROOT, START_S, Desk, wait_until
from tests.hosts.balancer import Balancer
from tests.hosts.network import Network

HOSTS = ("a", "b")
_WEB_PORT = 8000


@dataclass
class TwoHosts(Desk):
    """`url` is the load balancer's. Processes are `web-a`, `worker-a`, `web-b`, `worker-b`; media are on a shared folder."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.network = Network("db", *HOSTS)
        hba = self.folder / "hba.conf"
        hba.write_text("local all all scram-sha-256\nhost all all all scram-sha-256\n")
        (self.folder / "postgres").mkdir()
        self.folder.chmod(0o755)
        self.postgres = EmbeddedPostgres(
            self.folder / "postgres",
            configuration={"listen_addresses": "*", "hba_file": str(hba), "shared_buffers": "128MB"},
            run_as=self._on("db"),
        )

    def _on(self, host: str) -> postgres_user.RunAs:
        binary = Path(sys.executable)
        way = postgres_user.choose(binary, self.folder / "postgres", "INT")
        return dataclasses.replace(way, prefix=(*self.network.inside(host), *way.prefix))

    def open(self) -> TwoHosts:
        self.network.open()
        self.balancers = [
            Balancer(
                ("127.0.0.1", self.port), [(self.network.address(host), _WEB_PORT) for host in HOSTS], "/health/ready"
            ),
            Balancer((self.network.world, self.sandbox_port), [("127.0.0.1", self.sandbox_port)]),
        ]
        for balancer in self.balancers:
            balancer.opened()
        self.postgres.start()
        self.run("migrate")
        self.start_sandbox()
        self.make_firms()
        for host in HOSTS:
            self.start_web_on(host)
            self.start_worker_on(host)
        return self

    def close(self) -> None:
        self.stop()
        for balancer in self.balancers:
            balancer.close()
        self.network.close()

    def env(self, **more: str) -> dict[str, str]:
        database = f"{self.network.address('db')}:{SOCKET_PORT}/{DATABASE}"
        passwords = self.postgres.url
        logins = {role: passwords(role).partition("://")[2].partition("@")[0] for role in (APP, OWNER)}
        return {
            **super().env(),
            "DATABASE_URL": f"postgresql://{logins[APP]}@{database}",
            "INVEKTO_ADMIN_DATABASE_URL": f"postgresql://{logins[OWNER]}@{database}",
            "INVEKTO_WHATSAPP_CLOUD_URL": f"http://{self.network.world}:{self.sandbox_port}",
            "INVEKTO_PUBLIC_URL": self.url,
            **more,
        }

    def start_web_on(self, host: str) -> None:
        self._spawn_on(host, "web", INVEKTO_HOST="0.0.0.0", INVEKTO_PORT=str(_WEB_PORT))
        address = f"http://{self.network.address(host)}:{_WEB_PORT}/health/ready"
        wait_until(lambda: self._answers(address), lambda: f"web is ready\n{self.log(f'web-{host}')}", START_S)

    def start_worker_on(self, host: str) -> None:
        self._spawn_on(host, "worker")
        # Its parts start together, so it stands by when its jobs have connected.
        query = "select from pg_stat_activity where application_name = 'invekto_jobs' and host(client_addr) = $1"
        address = self.network.address(host)
        wait_until(
            lambda: self.rows(query, address), lambda: f"the worker works\n{self.log(f'worker-{host}')}", START_S
        )

    def _spawn_on(self, host: str, word: str, **env: str) -> None:
        name = f"{word}-{host}"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*self.network.inside(host), sys.executable, "-m", "invekto.entry.cli", word],
                env=self.env(**env),
                cwd=ROOT,
                stdout=log,
                stderr=log,
            )

    def consumer(self) -> str | None:
        """The machine whose worker reads what came: the one that holds the lock, by its address."""
        rows = self.rows(
            "select host(a.client_addr) as address from pg_locks l join pg_stat_activity a using (pid)"
            " where l.locktype = 'advisory' and l.granted and a.application_name = 'invekto_ingest'"
        )
        found = [host for host in HOSTS for row in rows if row["address"] == self.network.address(host)]
        assert len(found) <= 1, f"two consumers: {found}"
        return found[0] if found else None
