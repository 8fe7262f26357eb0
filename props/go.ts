/** The Go that is installed. */

/**
 * The environment that Go programs are built in: what is built must not depend on the settings of whoever builds it.
 *
 * @param cache folder for what the build keeps, where there is no home
 */
export function goEnvironment(cache: string): NodeJS.ProcessEnv {
  const { GOOS: _os, GOARCH: _arch, ...kept } = process.env;
  const { HOME, GOCACHE, LOCALAPPDATA } = kept;
  const homeless = HOME === undefined && GOCACHE === undefined && LOCALAPPDATA === undefined;
  return {
    ...kept,
    ...(homeless ? { GOCACHE: cache } : {}),
    GOFLAGS: "",
    GOWORK: "off",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "0",
  };
}
