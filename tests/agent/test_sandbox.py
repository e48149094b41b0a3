"""Attacks on the sandbox, and what it must still let tests do."""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from agent import bubblewrap, sandbox, sandbox_policy, seatbelt
from agent.errors import PolicyError
from agent.sandbox import SandboxStatus, TestReport, run_tests, sandbox_status
from agent.sandbox_policy import clean_environment, plan_confinement

_PYTHON = shlex.quote(sys.executable)


@pytest.fixture(scope="session")
def status() -> SandboxStatus:
    if sys.platform != "linux":
        pytest.skip("the sandbox is for Linux")
    return sandbox_status()


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    root = tmp_path / "home" / "project"
    root.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@pytest.fixture
def home(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(repo.parent))
    return repo.parent


@pytest.fixture
def namespaces(status: SandboxStatus, home: Path) -> Path:
    """A repository where namespaces of our own confine tests."""
    # asked of another program, so that a fault of ours cannot pass for a kernel that lacks the feature
    probe = ["unshare", "--user", "--map-current-user", "--mount", "--pid", "--net", "--fork", "true"]
    if shutil.which("unshare") and subprocess.run(probe, check=False, capture_output=True).returncode:
        pytest.skip(f"user namespaces are switched off: {status.detail}")
    assert status.namespaces, status.detail
    return home / "project"


@pytest.fixture(params=["namespaces", *(["bubblewrap"] if shutil.which("bwrap") else [])])
def confined(request: pytest.FixtureRequest, namespaces: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository where tests are confined, by one sandbox and then by the other."""
    if request.param == "bubblewrap":
        _leave_it_to_bubblewrap(monkeypatch)
    return namespaces


@pytest.fixture
def by_bubblewrap(namespaces: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sandbox where namespaces are for bubblewrap alone."""
    if shutil.which("bwrap") is None:
        pytest.skip("there is no bubblewrap")
    _leave_it_to_bubblewrap(monkeypatch)
    return namespaces


def _leave_it_to_bubblewrap(monkeypatch: pytest.MonkeyPatch) -> None:
    supervise = sandbox._supervise

    def refuse(*args: Any, **named: Any) -> TestReport:
        if args[4] is not None:
            raise PolicyError("no namespaces for us")
        return supervise(*args, **named)

    monkeypatch.setattr(sandbox, "_supervise", refuse)


def _run(command: str, cwd: Path, *, timeout_s: float = 30, sandboxed: bool = True) -> TestReport:
    return run_tests(command, cwd, timeout_s=timeout_s, on_output=None, sandboxed=sandboxed)


def _run_python(code: str, cwd: Path) -> TestReport:
    (cwd / "attack.py").write_text(textwrap.dedent(code))
    return _run(f"{_PYTHON} attack.py", cwd)


def _alive(marker: str) -> list[str]:
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.startswith(f"sleep {marker}")]


def _wait_until_gone(marker: str) -> list[str]:
    deadline = time.monotonic() + 5
    while (left := _alive(marker)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.mark.parametrize("sandboxed", [True, False])
class TestRunning:
    @pytest.fixture(autouse=True)
    def _sandbox_if_needed(self, sandboxed: bool, request: pytest.FixtureRequest) -> None:  # noqa: FBT001
        if sandboxed:
            request.getfixturevalue("namespaces")

    def test_reports_code_output_and_time(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        report = _run("echo out; echo err >&2; cat; exit 7", repo, sandboxed=sandboxed)
        assert (report.exit_code, report.tail, report.timed_out) == (7, "out\nerr\n", False)
        assert not report.passed
        assert 0 < report.duration_s < 20

    def test_a_signal_reads_as_shells_write_it(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        assert _run("kill -SEGV $$", repo, sandboxed=sandboxed).exit_code == 128 + signal.SIGSEGV

    def test_a_command_that_is_not_there(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        assert _run("no-such-program-at-all", repo, sandboxed=sandboxed).exit_code == 127

    def test_streams_while_it_runs(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        seen: list[tuple[float, str]] = []
        run_tests(
            "echo one; sleep 0.5; printf '\\303'; sleep 0.1; printf '\\244'",
            repo,
            timeout_s=30,
            on_output=lambda text: seen.append((time.monotonic(), text)),
            sandboxed=sandboxed,
        )
        assert "".join(text for _, text in seen) == "one\nä"
        assert seen[-1][0] - seen[0][0] > 0.4

    def test_a_flood_is_bounded(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        report = _run("echo first; yes | head -c 3000000; echo; echo last", repo, sandboxed=sandboxed)
        assert report.passed
        assert len(report.tail) < 70_000
        assert report.tail.startswith("first\ny\n")
        assert report.tail.endswith("\nlast\n")
        assert f"{3_000_000 + len('first') + len('last') + 3 - 64 * 1024:,} characters left out" in report.tail

    def test_the_time_ends_even_a_flood(
        self,
        repo: Path,
        sandboxed: bool,  # noqa: FBT001
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(sandbox, "_MAX_OUTPUT_BYTES", 1 << 50)
        report = _run("trap '' TERM INT HUP; yes", repo, timeout_s=0.6, sandboxed=sandboxed)
        assert report.timed_out
        assert report.exit_code == 124
        assert report.duration_s < 5

    def test_no_daemon_is_left_when_it_ends(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        marker = f"{300 + os.getpid()}.{int(sandboxed)}1"
        report = _run(f"(setsid sh -c 'sleep {marker} & sleep {marker} &' &) ; sleep 0.2", repo, sandboxed=sandboxed)
        assert report.passed
        assert report.duration_s < 5
        assert _wait_until_gone(marker) == []

    def test_no_daemon_is_left_when_the_time_is_over(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        marker = f"{300 + os.getpid()}.{int(sandboxed)}2"
        report = _run(f"setsid sleep {marker} & sleep {marker}", repo, timeout_s=0.5, sandboxed=sandboxed)
        assert report.timed_out
        assert _wait_until_gone(marker) == []

    def test_ctrl_c_ends_everything(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        marker = f"{300 + os.getpid()}.{int(sandboxed)}3"

        def interrupt(_text: str) -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_tests(
                f"setsid sleep {marker} & echo up; sleep {marker}",
                repo,
                timeout_s=30,
                on_output=interrupt,
                sandboxed=sandboxed,
            )
        assert _wait_until_gone(marker) == []

    def test_nothing_survives_magicode_being_killed(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        marker = f"{300 + os.getpid()}.{int(sandboxed)}4"
        code = (
            "from pathlib import Path; from agent.sandbox import run_tests; "
            f"run_tests('setsid sleep {marker} & sleep {marker}', Path({str(repo)!r}), timeout_s=30, "
            f"on_output=None, sandboxed={sandboxed})"
        )
        # what cannot be cleaned up after SIGKILL is left where pytest cleans up
        variables = os.environ | {"TMPDIR": str(repo.parent)}
        magicode = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[2], env=variables)
        deadline = time.monotonic() + 10
        while len(_alive(marker)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(_alive(marker)) == 2
        magicode.kill()
        magicode.wait()
        assert _wait_until_gone(marker) == []

    def test_closed_output_is_no_end(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        report = _run("exec >&- 2>&-; sleep 0.3; exit 3", repo, sandboxed=sandboxed)
        assert report.exit_code == 3
        assert report.duration_s >= 0.3

    def test_secrets_stay_out_of_the_environment(
        self,
        repo: Path,
        sandboxed: bool,  # noqa: FBT001
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("MY_API_TOKEN", "hunter2")
        monkeypatch.setenv("PLAIN", "stays")
        report = _run("env", repo, sandboxed=sandboxed)
        assert "hunter2" not in report.tail
        assert "PLAIN=stays" in report.tail

    def test_a_folder_named_agent_is_not_imported(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        for name in ("agent", "json", "landlockpy"):
            (repo / name).mkdir()
            (repo / name / "__init__.py").write_text("raise SystemExit('shadowed')")
        assert _run("echo fine", repo, sandboxed=sandboxed).tail == "fine\n"

    def test_python_is_found(self, repo: Path, sandboxed: bool) -> None:  # noqa: FBT001
        assert _run("python3 -c 'print(6 * 7)'", repo, sandboxed=sandboxed).tail == "42\n"


class TestWrites:
    @pytest.fixture(autouse=True, params=["landlock", "mounts alone"])
    def _each_lock_holds_alone(
        self, request: pytest.FixtureRequest, status: SandboxStatus, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if request.param == "mounts alone":
            monkeypatch.setattr("agent.sandbox._landlock_abi", lambda: 0)
        elif not status.landlock_abi:
            pytest.skip("this kernel has no Landlock")

    def test_the_kernels_settings_are_not(self, confined: Path) -> None:
        # opened, never written: root owns them whatever its namespace
        attempts = "sys/kernel/hostname sys/vm/swappiness sysrq-trigger"
        report = _run(f"for name in {attempts}; do (: >> /proc/$name) && echo opened $name; done", confined)
        assert "opened" not in report.tail

    def test_the_repository_and_tmp_are_writable(self, confined: Path) -> None:
        other = Path(f"/tmp/of-a-test-{os.getpid()}")
        report = _run(f"mkdir .cache && touch .cache/x new.py $TMPDIR/a {other} /var/tmp/c ~/d", confined)
        assert report.tail == ""
        assert report.passed
        assert (confined / ".cache" / "x").exists()
        assert not other.exists()
        assert sorted(path.name for path in confined.parent.iterdir()) == ["project"]

    def test_nothing_outside_is(self, confined: Path, tmp_path: Path) -> None:
        outside = tmp_path / "outside.txt"
        outside.write_text("as it was")
        beside = confined.parent / "beside.txt"
        beside.write_text("as it was")
        program = Path(__file__)
        report = _run(
            f"echo x > {outside}; echo x > {beside}; rm -f {beside}; echo '#' >> {program}; touch /etc/x; "
            f"ln -s {outside} link && echo x > link; ln {program} hard; mv {program} here; "
            f"chmod 777 {program}",
            confined,
        )
        assert outside.read_text() == beside.read_text() == "as it was"
        assert "Attacks on the sandbox" in program.read_text().splitlines()[0]
        assert not program.read_text().endswith("#\n")
        assert not Path("/etc/x").exists()
        assert "ead-only file system" in report.tail

    @pytest.mark.parametrize(
        "attack",
        [
            "echo evil > .git/hooks/pre-commit",
            "git config core.fsmonitor ./evil",
            "mv .git .other",
            "rm -rf .git",
            "chmod -R 777 .git",
            "mount -o remount,rw .git; umount .git; touch .git/evil",
            "unshare -rm sh -c 'umount .git; mount -o remount,bind,rw .git; touch .git/evil'",
            "ln -s hooks .git/evil",
        ],
    )
    def test_git_is_not(self, confined: Path, attack: str) -> None:
        def listing() -> list[tuple[str, int, bytes]]:
            paths = sorted((confined / ".git").rglob("*"))
            return [(str(p), p.stat().st_mode, p.read_bytes() if p.is_file() else b"") for p in paths]

        before = listing()
        _run(attack, confined)
        assert listing() == before

    def test_nor_that_of_a_submodule(self, confined: Path) -> None:
        sub = confined / "sub"
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@b", "-C"]
        subprocess.run(["git", "init", "-q", str(sub)], check=True)
        subprocess.run([*git, str(sub), "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        subprocess.run([*git, str(confined), "add", "sub"], check=True, capture_output=True)
        before = (sub / ".git/config").read_bytes()
        _run("git -C sub config core.fsmonitor evil; rm -rf sub/.git; touch sub/mine", confined)
        assert (sub / ".git/config").read_bytes() == before
        assert (sub / "mine").exists()

    def test_git_can_be_read(self, confined: Path) -> None:
        (confined / "a").touch()
        assert _run("git status --short", confined).tail == "?? a\n"

    def test_a_worktree_is_protected_and_readable(self, confined: Path) -> None:
        identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
        git = ["git", "-C", str(confined), *identity]
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        tree = confined.parent / "tree"
        subprocess.run([*git, "worktree", "add", "-q", str(tree)], check=True, capture_output=True)
        pointer = (tree / ".git").read_text()
        report = _run("echo 'gitdir: /elsewhere' > .git; rm -f .git; git log --format=%s; git tag evil", tree)
        assert (tree / ".git").read_text() == pointer
        assert "\nx\n" in report.tail
        assert subprocess.run([*git, "tag"], capture_output=True, check=True).stdout == b""

    def test_a_subdirectory_writes_only_there_and_reads_its_repository(self, confined: Path) -> None:
        (confined / "sub").mkdir()
        (confined / "shared.txt").write_text("shared\n")
        report = _run("cat ../shared.txt; touch mine; touch ../evil ../.git/evil", confined / "sub")
        assert report.tail.startswith("shared\n")
        assert (confined / "sub" / "mine").exists()
        assert not (confined / "evil").exists()
        assert not (confined / ".git" / "evil").exists()

    def test_unlistable_leftovers_are_removed(self, confined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        shared = confined.parent.parent / "scratch"
        shared.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(shared))
        outside = confined / "kept"
        outside.mkdir(mode=0o711)
        _run(f"mkdir -p /tmp/a/b && touch /tmp/a/b/c && ln -s {outside} /tmp/a/link && chmod 000 /tmp/a/b", confined)
        assert list(shared.iterdir()) == []
        assert outside.stat().st_mode & 0o777 == 0o711


def test_landlock_is_in_force_where_the_kernel_has_it(status: SandboxStatus, namespaces: Path) -> None:
    if not status.landlock_abi:
        pytest.skip("this kernel has no Landlock")
    report = _run("echo renamed > /proc/self/comm", namespaces)  # no mount forbids this
    assert "Permission denied" in report.tail


class TestReads:
    @pytest.mark.parametrize(
        "secret", [".ssh/id_ed25519", ".aws/credentials", ".netrc", ".config/gh/hosts.yml", ".cargo/credentials.toml"]
    )
    def test_secrets_of_the_home_are_not_there(self, confined: Path, secret: str) -> None:
        path = confined.parent / secret
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text("hunter2")
        (confined / "link").symlink_to(path)
        report = _run(f"cat {path} ~/{secret} link ../{secret} /proc/1/root{path} /proc/1/cwd{path}", confined)
        assert "hunter2" not in report.tail
        assert "No such file" in report.tail

    def test_toolchains_of_the_home_are(self, confined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        tool = confined.parent / ".cargo" / "bin" / "tool"
        tool.parent.mkdir(parents=True)
        tool.write_text("#!/bin/sh\necho works\n")
        tool.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tool.parent}{os.pathsep}{os.environ['PATH']}")
        report = _run("tool; echo evil >> ~/.cargo/bin/tool; rm -f ~/.cargo/bin/tool", confined)
        assert report.tail.startswith("works\n")
        assert tool.read_text().endswith("works\n")

    def test_other_processes_are_not(self, confined: Path) -> None:
        report = _run(f"kill -0 {os.getpid()}; cat /proc/{os.getpid()}/environ", confined)
        assert "PATH=" not in report.tail
        assert not report.passed

    def test_a_private_tmp(self, confined: Path, tmp_path: Path) -> None:
        (tmp_path / "note").write_text("hunter2")
        assert "hunter2" not in _run(f"cat {tmp_path}/note", confined).tail


class TestNetwork:
    def test_the_hosts_loopback_is_out_of_reach(self, confined: Path) -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(0.1)
            port = listener.getsockname()[1]
            report = _run_python(f"import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2)", confined)
            with pytest.raises(TimeoutError):
                listener.accept()
        assert "ConnectionRefusedError" in report.tail

    def test_so_are_unix_sockets_of_the_user(self, confined: Path, tmp_path: Path) -> None:
        paths = [tmp_path / "agent.sock", "\0magicode-test", confined.parent / "S.agent"]
        for path in paths:
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(path))
                listener.listen()
                report = _run_python(
                    f"import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect({str(path)!r})\nprint('in')",
                    confined,
                )
            assert "in\n" not in report.tail.splitlines(keepends=True)
            assert "Error" in report.tail

    def test_ones_own_loopback_works(self, confined: Path) -> None:
        report = _run_python(
            """
            import socket, threading
            server = socket.create_server(("127.0.0.1", 0))
            threading.Thread(target=lambda: server.accept()[0].sendall(b"served")).start()
            print(socket.create_connection(server.getsockname()).recv(10))
            """,
            confined,
        )
        assert report.tail == "b'served'\n"


class TestOrdinaryProgramsWork:
    def test_terminals_semaphores_devices_and_processes(self, confined: Path) -> None:
        report = _run_python(
            """
            import multiprocessing, os, pty, tempfile
            if __name__ == "__main__":
                lead, follow = pty.openpty()
                os.write(follow, b"pty\\n")
                print(os.read(lead, 9))
                with multiprocessing.Pool(2) as pool:
                    print(pool.map(abs, [-1, -2]))
                print(os.getuid() == os.stat("attack.py").st_uid, os.path.exists(f"/proc/{os.getpid()}"))
                open("/dev/stdout", "w").write(str(len(open("/dev/urandom", "rb").read(3))))
            """,
            confined,
        )
        assert report.tail == "b'pty\\r\\n'\n[1, 2]\nTrue True\n3"

    def test_pytest_writes_its_cache(self, confined: Path) -> None:
        (confined / "test_it.py").write_text("def test_it(tmp_path):\n    (tmp_path / 'x').write_text('')\n")
        report = _run(f"{_PYTHON} -m pytest -q -p no:randomly", confined)
        assert report.passed, report.tail
        assert (confined / ".pytest_cache").is_dir()

    def test_several_at_once(self, confined: Path) -> None:
        reports: list[TestReport] = []
        threads = [
            threading.Thread(target=lambda n=n: reports.append(_run(f"sleep 0.1; echo {n}", confined)))
            for n in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(report.tail for report in reports) == ["0\n", "1\n", "2\n"]


class TestBounds:
    """What a command can do to the machine without leaving its place."""

    @pytest.fixture(autouse=True)
    def _small(self, confined: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sandbox_policy, "_MAX_PROCESSES", 60)
        monkeypatch.setattr(sandbox_policy, "_memory_bytes", lambda: 300_000_000)

    def test_a_fork_bomb(self, repo: Path) -> None:
        report = _run_python("import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n", repo)
        assert report.exit_code == 128 + signal.SIGKILL
        assert "[magicode stopped the command: more than 60 processes]" in report.tail
        assert report.duration_s < 20

    def test_daemons_count_too(self, repo: Path) -> None:
        report = _run("i=0; while [ $i -lt 200 ]; do setsid sleep 987654 & i=$((i+1)); done; wait", repo)
        assert "more than 60 processes" in report.tail
        assert _wait_until_gone("987654") == []

    def test_a_memory_bomb(self, repo: Path) -> None:
        report = _run_python("held = []\nwhile True: held.append(bytearray(b'x') * 1_000_000)", repo)
        assert report.exit_code == 128 + signal.SIGKILL
        assert "[magicode stopped the command: more than 0.3 GB of memory]" in report.tail

    def test_memory_of_many_processes_counts_together(self, repo: Path) -> None:
        code = "import os, time\nfor _ in range(4): os.fork()\nheld = bytearray(b'x') * 30_000_000\ntime.sleep(60)"
        report = _run_python(code, repo)
        assert "of memory]" in report.tail

    def test_shared_memory_is_bounded(self, repo: Path) -> None:
        report = _run("head -c 200000000 /dev/zero > /dev/shm/x", repo)
        assert not report.passed
        assert "No space left" in report.tail

    def test_endless_output(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sandbox, "_MAX_OUTPUT_BYTES", 3_000_000)
        report = _run("yes", repo)
        assert report.exit_code == 128 + signal.SIGXFSZ
        assert not report.timed_out
        assert "[magicode stopped the command: more than 3,000,000 bytes of output]" in report.tail

    def test_what_stays_below_passes(self, repo: Path) -> None:
        report = _run("for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3 & done; wait; echo done", repo)
        assert (report.exit_code, report.tail) == (0, "done\n")

    def test_orphans_are_reaped_meanwhile(self, repo: Path) -> None:
        """Each is a process until then: a long run with many short daemons is none with many processes."""
        report = _run("i=0; while [ $i -lt 150 ]; do (true &) ; i=$((i+1)); done; sleep 0.2; echo done", repo)
        assert (report.exit_code, report.tail) == (0, "done\n")


class TestTricks:
    """Ways around a name or a mount."""

    def test_a_link_to_the_outside_is_not_written_through(self, confined: Path, tmp_path: Path) -> None:
        (tmp_path / "victim").write_text("mine")
        (confined / "link").symlink_to(tmp_path / "victim")
        _run("echo attacked > link", confined)
        assert (tmp_path / "victim").read_text() == "mine"

    def test_nor_is_a_link_made_by_the_test(self, confined: Path, home: Path) -> None:
        (home / ".bashrc").write_text("mine")
        _run(f"ln -s {home} out; echo attacked > out/.bashrc; ln {home}/.bashrc hard; echo attacked > hard", confined)
        assert (home / ".bashrc").read_text() == "mine"

    @pytest.mark.parametrize("path", ["/proc/1/root", "/proc/self/root", "/proc/1/cwd", "/proc/self/cwd/../.."])
    def test_proc_leads_nowhere_else(self, confined: Path, home: Path, path: str) -> None:
        (home / ".ssh").mkdir()
        (home / ".ssh/id").write_text("a secret key")
        report = _run(f"cat {path}{home}/.ssh/id {path}/.ssh/id; echo attacked > {path}{home}/new", confined)
        assert "a secret key" not in report.tail
        assert not (home / "new").exists()

    def test_mounts_stay(self, confined: Path, home: Path) -> None:
        (home / ".ssh").mkdir()
        (home / ".ssh/id").write_text("a secret key")
        command = f"umount -l {home}; mount -o remount,rw /; unshare -Urm umount -l {home}; cat {home}/.ssh/id"
        assert "a secret key" not in _run(command, confined).tail

    def test_magicode_itself_is_not_signalled(self, confined: Path) -> None:
        report = _run(f"kill -TERM {os.getpid()}; kill -KILL {os.getppid()}; kill -KILL -1; true", confined)
        assert not report.timed_out


class TestRefusals:
    def test_says_how_to_go_on_elsewhere(self, repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "platform", "darwin")
        with pytest.raises(PolicyError, match="--no-sandbox"):
            _run("true", repo)

    @pytest.mark.parametrize(
        ("working", "broken", "said"),
        [
            ("unshare(flags)", "unshare(0x1)", "unshare: Invalid argument"),
            ("from landlockpy import", "from no_landlock import", "no_landlock"),
        ],
    )
    def test_says_so_where_a_lock_is_missing(
        self, namespaces: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, working: str, broken: str, said: str
    ) -> None:
        launcher = tmp_path / "launcher.py"
        source = (Path(__file__).parents[2] / "agent" / "sandbox_exec.py").read_text()
        assert working in source
        launcher.write_text(source.replace(working, broken))
        monkeypatch.setattr("agent.sandbox_exec.__file__", str(launcher))
        monkeypatch.setattr("agent.sandbox._landlock_abi", lambda: 7)
        monkeypatch.setattr(sandbox, "_BUBBLEWRAP", "no-such-program")
        with pytest.raises(PolicyError, match=f"{said}.*--no-sandbox"):
            _run("touch ran", namespaces)
        assert not (namespaces / "ran").exists()
        status = sandbox_status()
        assert not status.namespaces
        assert said in status.detail

    @pytest.mark.parametrize("place", ["home", "/tmp", "/"])
    def test_a_directory_that_holds_the_home(self, namespaces: Path, place: str) -> None:
        with pytest.raises(PolicyError, match="holds"):
            _run("true", namespaces.parent if place == "home" else Path(place))

    def test_git_behind_a_symbolic_link(self, namespaces: Path) -> None:
        (namespaces / ".git").rename(namespaces.parent / "elsewhere")
        (namespaces / ".git").symlink_to(namespaces.parent / "elsewhere")
        with pytest.raises(PolicyError, match="symbolic link"):
            _run("true", namespaces)


class TestPolicy:
    def test_a_planted_pointer_shows_nothing(self, home: Path, tmp_path: Path) -> None:
        (home / ".ssh").mkdir()
        cwd = home / "other"
        cwd.mkdir()
        (cwd / ".git").write_text(f"gitdir: {home}/.ssh\n")
        (cwd / ".venv" / "bin").mkdir(parents=True)
        (cwd / ".venv" / "bin" / "python").touch()
        (cwd / ".venv" / "pyvenv.cfg").write_text(f"home = {home}/.ssh\n")
        plan = plan_confinement(".venv/bin/python -m pytest", cwd, tmp_path, {}, home=home, landlock=False)
        assert not any(".ssh" in path for path in plan.readable)

    def test_a_program_beside_secrets_shows_its_folder_alone(self, home: Path, tmp_path: Path) -> None:
        for folder in ("bin", ".local/bin", ".local/share/keyrings", "tools/bin", "tools/lib"):
            (home / folder).mkdir(parents=True)
        cwd = home / "project"
        path = os.pathsep.join(f"{home}/{name}" for name in ("bin", ".local/bin", "tools/bin"))
        plan = plan_confinement("x", cwd, tmp_path, {"PATH": path}, home=home, landlock=False)
        shown = {path.removeprefix(f"{home}/") for path in plan.readable if path.startswith(str(home))}
        assert shown == {"bin", ".local/bin", "tools"}

    @pytest.mark.parametrize(
        "name",
        ["GITHUB_TOKEN", "AWS_PROFILE", "SSH_AUTH_SOCK", "OPENAI_API_KEY", "client_secret", "PGPASSWORD", "SENTRY_DSN",
         "KUBECONFIG", "DBUS_SESSION_BUS_ADDRESS", "NPM_CONFIG__AUTH", "GIT_DIR", "KEY"],
    )  # fmt: skip
    def test_secret_names(self, name: str, tmp_path: Path) -> None:
        assert name not in clean_environment({name: "x"}, tmp_path, own_prefix=tmp_path)

    @pytest.mark.parametrize(
        "name", ["PATH", "HOME", "LANG", "KEYBOARD", "MONKEY_BARS", "PYTHONPATH", "AUTHOR", "PWD", "OLDPWD"]
    )
    def test_ordinary_names(self, name: str, tmp_path: Path) -> None:
        assert clean_environment({name: "x"}, tmp_path, own_prefix=tmp_path)[name] == "x"

    def test_a_password_in_an_address(self, tmp_path: Path) -> None:
        assert "URL" not in clean_environment({"URL": "postgres://me:pw@host/db"}, tmp_path, own_prefix=tmp_path)

    @pytest.mark.parametrize("inside", [True, False])
    def test_magicodes_own_environment(self, tmp_path: Path, inside: bool) -> None:  # noqa: FBT001
        project = tmp_path / "project"
        own = (project if inside else tmp_path) / ".venv"
        (own / "bin").mkdir(parents=True)
        (own / "pyvenv.cfg").touch()
        given = {"VIRTUAL_ENV": str(own), "PATH": f"{own}/bin:/usr/bin"}
        cleaned = clean_environment(given, project, own_prefix=own)
        assert ("VIRTUAL_ENV" in cleaned) == inside
        assert cleaned["PATH"] == (f"{own}/bin:/usr/bin" if inside else "/usr/bin")


class TestBubblewrap:
    def test_it_is_used_where_we_are_refused(self, by_bubblewrap: Path) -> None:
        report = _run("echo out; echo err >&2; exit 7", by_bubblewrap)
        assert (report.exit_code, report.tail) == (7, "out\nerr\n")
        assert "bubblewrap" in sandbox_status().detail
        assert not sandbox.can_layer()

    def test_daemons_and_the_time(self, by_bubblewrap: Path) -> None:
        marker = f"{500 + os.getpid()}.5"
        report = _run(f"setsid sleep {marker} & sleep 60", by_bubblewrap, timeout_s=1)
        assert report.timed_out
        assert _wait_until_gone(marker) == []


def test_what_bubblewrap_is_told(home: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    confinement = plan_confinement("x", home / "project", scratch, {}, home=home, landlock=False)
    line = bubblewrap.wrapped("bwrap", ["/bin/sh", "-c", "x"], confinement)
    assert line[-4:] == ["--", "/bin/sh", "-c", "x"]
    assert line.index(str(home)) < line.index(confinement.cwd)  # the home is covered before the project is shown in it
    assert line[line.index(confinement.protected[0]) - 1] == "--ro-bind"


def test_the_profile_for_macos(home: Path, tmp_path: Path) -> None:
    """Its text alone: no Mac was at hand. The last rule that fits counts, so their order is what matters."""
    scratch = tmp_path / 'scratch "1"'
    scratch.mkdir()
    (home / ".cargo/bin").mkdir(parents=True)
    confinement = plan_confinement("x", home / "project", scratch, {}, home=home, landlock=False)
    words = seatbelt.wrapped(["/bin/sh", "-c", "x"], confinement)
    assert words[:2] == ["/usr/bin/sandbox-exec", "-p"]
    lines = words[2].splitlines()
    at = {start: next(n for n, line in enumerate(lines) if line.startswith(start)) for start in (
        "(deny file-write*)", "(allow file-write* ", "(deny file-write* ", "(deny file-read* ", "(allow file-read* ",
    )}  # fmt: skip
    assert list(at.values()) == sorted(at.values())
    assert lines[:3] == ["(version 1)", "(allow default)", "(deny network*)"]
    assert f'(subpath "{home}/project")' in lines[at["(allow file-write* "]]
    assert '(subpath "' + str(scratch).replace('"', '\\"') + '")' in lines[at["(allow file-write* "]]
    assert f'(subpath "{home}/project/.git")' in lines[at["(deny file-write* "]]
    assert f'(subpath "{home}")' in lines[at["(deny file-read* "]]
    assert f'(subpath "{home}/.cargo/bin")' in lines[at["(allow file-read* "]]
    assert words[2].count("(") == words[2].count(")")
