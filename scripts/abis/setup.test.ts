/** The set-up without a network, without emulators: what it asks for, what it leaves alone, what it says when it fails. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Debian, fits, unpackNpm } from "./packages.ts";
import { BUN, BUN_VERSION, MUSL, QEMU } from "./pins.ts";
import { checkHost, collect, setUp } from "./setup.ts";
import type { Ran, Shell } from "./shell.ts";

let folder = "";
let commands: string[] = [];
let lines: string[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "gobuf-setup-"));
  commands = [];
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const ok = (stdout = ""): Ran => ({ exitCode: 0, stdout, stderr: "" });
const failed = (exitCode: number, stderr: string): Ran => ({ exitCode, stdout: "", stderr });

/** A shell whose programs do what `answer` says; without an answer they work and print nothing. */
function shellThat(answer: (command: string) => Ran | undefined, isRoot = true): Shell {
  return {
    isRoot,
    log: (line) => void lines.push(line),
    run(command) {
      const text = command.join(" ");
      commands.push(text);
      return answer(text) ?? ok();
    },
  };
}

const nothingInstalled = (command: string) => (command.startsWith("dpkg-query") ? failed(1, "no packages") : undefined);

test("each named ABI once", () => {
  expect(
    ["musl", "arm64", "musl"].reduce<readonly string[]>((before, name) => collect(name, before as never), []),
  ).toEqual(["musl", "arm64"]);
  expect(() => collect("s390x")).toThrow('no ABI "s390x": expected arm64, windows, musl');
});

test("it is made for one kind of machine", () => {
  expect(() => checkHost("linux", "x64")).not.toThrow();
  expect(() => checkHost("darwin", "arm64")).toThrow("this is darwin on arm64; the ABIs are set up on Debian 12");
});

test("a pin allows Debian's own patches only", () => {
  expect(fits("1.2.5-3.1~deb13u1", MUSL)).toBe(true);
  expect(fits("1.2.3-1", MUSL)).toBe(false);
  expect(fits("1.2.50-1", MUSL)).toBe(false);
});

describe("Debian's packages", () => {
  test("that are installed cost a look each", () => {
    const versions = ["1:7.2+dfsg-7+deb12u18", "2.36-8cross1"];
    const shell = shellThat(() => ok(`installed ${versions[commands.length - 1]}`), false);
    new Debian(shell).install(QEMU);
    expect(commands.map((command) => command.split(" ")[0])).toEqual(["dpkg-query", "dpkg-query"]);
  });

  test("are installed after one update of the lists", () => {
    const debian = new Debian(shellThat(nothingInstalled));
    debian.install(QEMU);
    debian.install([{ name: "other", version: "1-*" }]);
    const apt = commands.filter((command) => command.startsWith("apt-get"));
    expect(apt).toEqual([
      "apt-get update -q",
      "apt-get install -y -q --no-install-recommends qemu-user-static=1:7.2+dfsg-* libc6-arm64-cross=2.36-*",
      "apt-get install -y -q --no-install-recommends other=1-*",
    ]);
  });

  test("need root, and the command that needs it is named", () => {
    const debian = new Debian(shellThat(nothingInstalled, false));
    expect(() => debian.install(QEMU)).toThrow(
      "can be installed by root only: run this as root, or `apt-get install -y -q --no-install-recommends qemu",
    );
  });

  test("of another version are refused", () => {
    const debian = new Debian(shellThat(() => ok("installed 1:10.0.2+ds-2")));
    expect(() => debian.install(QEMU)).toThrow(
      "qemu-user-static is installed in version 1:10.0.2+ds-2; expected 1:7.2+dfsg-*, as in Debian 12",
    );
  });

  test("that cannot be had give apt-get's own words", () => {
    const words = "E: Version '8.0' for 'wine64' was not found";
    const shell = shellThat((text) => (text.includes(" install ") ? failed(100, words) : nothingInstalled(text)));
    const install = () => new Debian(shell).install([{ name: "wine64", version: "8.0" }]);
    expect(install).toThrow("cannot install wine64=8.0: `apt-get install");
    expect(install).toThrow(`exits with 100:\n  ${words}`);
  });

  test("that cannot be had as there is no network say so", () => {
    const shell = shellThat((text) => {
      if (text.includes(" update")) return { exitCode: 0, stdout: "", stderr: "W: Failed to fetch the lists\n" };
      return text.includes(" install ") ? failed(100, "E: Unable to locate package") : nothingInstalled(text);
    });
    const install = () => new Debian(shell).install(QEMU);
    expect(install).toThrow(
      "E: Unable to locate package\n`apt-get update` had warned:\n  W: Failed to fetch the lists",
    );
  });

  test("need apt-get", () => {
    const shell = shellThat((text) => (text.startsWith("apt-get") ? failed(127, "not found") : nothingInstalled(text)));
    expect(() => new Debian(shell).install(QEMU)).toThrow(
      "cannot fetch Debian's lists of packages: apt-get is not there",
    );
  });

  test("of another suite come from where the machine gets its own", () => {
    const targets = "mirror:/other/|Other|stable|nodistro\nmirror:/debian/|Debian|oldstable|bookworm\n";
    const shell = shellThat((text) => (text.includes("indextargets") ? ok(targets) : failed(100, "E: no network")));
    const unpack = () => new Debian(shell).unpack(MUSL, "trixie", join(folder, "into"), folder);
    expect(unpack).toThrow("cannot fetch the lists of Debian's trixie");
    const none = shellThat(() => ok("mirror:/other/|Other|stable|nodistro\n"));
    expect(() => new Debian(none).unpack(MUSL, "trixie", join(folder, "into"), folder)).toThrow(
      "no source of Debian's packages is known here",
    );
  });
});

test("a tarball with another digest is refused", () => {
  const shell = shellThat(() => {
    writeFileSync(join(folder, "bun.tgz"), "not that one");
    return ok();
  });
  expect(() => unpackNpm(shell, BUN.musl, join(folder, "into"), folder)).toThrow(
    /bun\.tgz has sha512 \S+; expected 10QoW\/YfTg/,
  );
  expect(existsSync(join(folder, "into"))).toBe(false);
});

test("without a network it names the package, and nothing counts as set up", () => {
  const shell = shellThat((text) =>
    text.startsWith("npm") ? failed(1, "npm error code ENOTFOUND") : ok("installed 2.36-8"),
  );
  const run = () => setUp(["musl"], folder, shell);
  expect(run).toThrow(`cannot download @oven/bun-linux-x64-musl@${BUN_VERSION}: \`npm pack`);
  expect(run).toThrow("npm error code ENOTFOUND");
  expect(existsSync(join(folder, "musl", ".pins"))).toBe(false);
});
