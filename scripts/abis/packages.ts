/** Packages of Debian, npm and PyPI, each by its ordinary client, each at its pinned version. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DebianPin, NpmPin, PypiPin } from "./pins.ts";
import { must, type Shell } from "./shell.ts";

/** Whether a version is one that a pin allows. */
export function fits(version: string, pin: DebianPin): boolean {
  const star = pin.version.indexOf("*");
  return star < 0 ? version === pin.version : version.startsWith(pin.version.slice(0, star));
}

/** The installed version of a Debian package. */
function installedVersion(shell: Shell, name: string): string | undefined {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query fills these in
  const ran = shell.run(["dpkg-query", "-W", "-f", "${db:Status-Status} ${Version}", name]);
  const [status, version] = ran.stdout.trim().split(" ");
  return ran.exitCode === 0 && status === "installed" ? version : undefined;
}

/** Debian's packages. One for each set-up, so that the lists are fetched once. */
export class Debian {
  readonly #shell: Shell;
  #isUpdated = false;
  /** What apt-get update warned of: it works without a network, but the packages are missing then. */
  #warnings = "";

  constructor(shell: Shell) {
    this.#shell = shell;
  }

  /**
   * Installs what is not installed.
   *
   * @throws Error that says what to do: without root, without a network, with another version on the machine
   */
  install(pins: readonly DebianPin[]): void {
    const missing: string[] = [];
    for (const pin of pins) {
      const version = installedVersion(this.#shell, pin.name);
      if (version === undefined) missing.push(`${pin.name}=${pin.version}`);
      else if (!fits(version, pin)) {
        throw new Error(`${pin.name} is installed in version ${version}; expected ${pin.version}, as in Debian 12`);
      }
    }
    if (missing.length === 0) return;
    const command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", ...missing];
    if (!this.#shell.isRoot) {
      throw new Error(
        `${missing.join(", ")} can be installed by root only: run this as root, or \`${command.join(" ")}\``,
      );
    }
    this.#update();
    this.#shell.log(`  apt-get install ${missing.join(" ")}`);
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    try {
      must(this.#shell, `install ${missing.join(", ")}`, command, { env });
    } catch (error) {
      if (this.#warnings === "") throw error;
      throw new Error(`${(error as Error).message}\n\`apt-get update\` had warned:\n  ${this.#warnings}`);
    }
  }

  #update(): void {
    if (this.#isUpdated) return;
    this.#shell.log("  apt-get update");
    this.#warnings = must(this.#shell, "fetch Debian's lists of packages", ["apt-get", "update", "-q"]).stderr.trim();
    this.#isUpdated = true;
  }

  /**
   * Unpacks a package without installing it, from the suite that has its version.
   *
   * The suite's lists go into a folder of their own: the machine's sources stay what they are.
   *
   * @param into folder of the unpacked files
   * @param scratch folder for what is needed in between
   */
  unpack(pin: DebianPin, suite: string, into: string, scratch: string): void {
    const repository = this.#repository();
    const lists = join(scratch, "lists");
    const cache = join(scratch, "cache");
    mkdirSync(join(lists, "partial"), { recursive: true });
    mkdirSync(join(cache, "archives", "partial"), { recursive: true });
    const sources = join(scratch, "sources.list");
    writeFileSync(sources, `deb [signed-by=${KEYRING}] ${repository} ${suite} main\n`);
    const options = Object.entries({
      "Dir::Etc::sourcelist": sources,
      "Dir::Etc::sourceparts": "-",
      "Dir::State::lists": lists,
      "Dir::Cache": cache,
      "Acquire::Languages": "none",
      "APT::Update::Error-Mode": "any", // without a network too
      "APT::Sandbox::User": "root", // its own user may not write into the checkout
    }).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
    this.#shell.log(`  apt-get download ${pin.name}=${pin.version} (${suite})`);
    must(this.#shell, `fetch the lists of Debian's ${suite}`, ["apt-get", ...options, "update", "-q"]);
    const download = ["apt-get", ...options, "download", "-q", `${pin.name}=${pin.version}`];
    must(this.#shell, `download Debian's ${pin.name} ${pin.version}`, download, { cwd: scratch });
    const file = theFile(scratch, ".deb");
    must(this.#shell, `unpack ${file}`, ["dpkg-deb", "-x", file, into]);
  }

  /** Where this machine gets Debian's packages from. */
  #repository(): string {
    const format = "$(REPO_URI)|$(ORIGIN)|$(SUITE)|$(CODENAME)";
    const command = ["apt-get", "indextargets", "--format", format, "Created-By: Packages"];
    for (let pass = 0; pass < 2; pass++) {
      const lines = must(this.#shell, "list the sources of packages", command).stdout.trim().split("\n");
      const line = lines.find((text) => /\|Debian\|[^|]*\|[a-z]+$/.test(text));
      if (line !== undefined) return line.slice(0, line.indexOf("|"));
      if (this.#shell.isRoot) this.#update(); // without lists their origin is not known
    }
    throw new Error("no source of Debian's packages is known here: run `apt-get update` as root");
  }
}

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** The one file of a folder with an ending. */
function theFile(folder: string, ending: string): string {
  const name = readdirSync(folder).find((entry) => entry.endsWith(ending));
  if (name === undefined) throw new Error(`no ${ending} file in ${folder}, where one was downloaded to`);
  return join(folder, name);
}

function checkDigest(file: string, algorithm: "sha256" | "sha512", encoding: "hex" | "base64", expected: string): void {
  const actual = new Bun.CryptoHasher(algorithm).update(readFileSync(file)).digest(encoding);
  if (actual !== expected) throw new Error(`${file} has ${algorithm} ${actual}; expected ${expected}`);
}

/** Unpacks a package of npm, which is never asked for the machine that it is for. @param into folder of its files */
export function unpackNpm(shell: Shell, pin: NpmPin, into: string, scratch: string): void {
  shell.log(`  npm pack ${pin.spec}`);
  mkdirSync(scratch, { recursive: true });
  must(shell, `download ${pin.spec}`, ["npm", "pack", "--silent", "--pack-destination", scratch, pin.spec]);
  const file = theFile(scratch, ".tgz");
  checkDigest(file, "sha512", "base64", pin.sha512);
  mkdirSync(into, { recursive: true });
  must(shell, `unpack ${file}`, ["tar", "-xzf", file, "-C", into, "--strip-components=1"]);
  rmSync(file);
}

/** Unpacks a wheel of PyPI without installing it. @param into folder of its files */
export function unpackPypi(shell: Shell, pin: PypiPin, into: string, scratch: string): void {
  shell.log(`  pip download ${pin.requirement}`);
  mkdirSync(scratch, { recursive: true });
  const pip = [
    "python3",
    "-m",
    "pip",
    "download",
    "-q",
    "--no-deps",
    "--only-binary=:all:",
    "--disable-pip-version-check",
  ];
  must(shell, `download ${pin.requirement}`, [...pip, ...pin.options, "-d", scratch, pin.requirement]);
  const file = theFile(scratch, ".whl");
  checkDigest(file, "sha256", "hex", pin.sha256);
  must(shell, `unpack ${file}`, ["python3", "-m", "zipfile", "-e", file, into]);
  rmSync(file);
}
