"""Rules that run `connlint facts` for each package as an action of its own, and `connlint link` on what they yield.

    connlint_facts(
        name = "facts",
        package = "api",
        srcs = glob(["**/*.rs"]) + ["Cargo.toml", "//:Cargo.toml", "//:Cargo.lock"],
    )

    connlint_report(
        name = "connlint",
        facts = ["//api:facts", "//db:facts"],
        config = "connlint.toml",
    )

An action sees the files of `srcs` and no others, in an empty folder without links: connlint follows no link that leaves
the folder which it reads, and in a sandbox of Bazel all files are such links.
"""

ConnlintFactsInfo = provider(
    doc = "The artifact of a package.",
    fields = {"artifact": "The file that `connlint facts` wrote."},
)

_COPY = """
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
copy() {
    mkdir -p "$folder/$(dirname "$2")"
    cp -L "$1" "$folder/$2"
}
"""

def _connlint(ctx):
    return ctx.executable.connlint

def _below(root, file):
    """The path of a file from the root of the Cargo project, generated files where sources would be."""
    path = file.short_path
    if not root:
        return path
    if not path.startswith(root + "/"):
        fail("`%s` lies outside of `%s`" % (path, root))
    return path[len(root) + 1:]

def _copies(root, files):
    return ["copy '%s' '%s'" % (file.path, _below(root, file)) for file in files]

def _facts_impl(ctx):
    artifact = ctx.actions.declare_file(ctx.label.name + ".facts")
    tests = " --include-tests" if ctx.attr.include_tests else ""
    run = "'{connlint}' facts \"$folder\" --root \"$folder\" --quiet --package '{package}' --output '{artifact}'{tests}"
    command = run.format(
        connlint = _connlint(ctx).path,
        package = ctx.attr.package,
        artifact = artifact.path,
        tests = tests,
    )
    ctx.actions.run_shell(
        inputs = ctx.files.srcs,
        tools = [_connlint(ctx)],
        outputs = [artifact],
        command = "\n".join([_COPY] + _copies(ctx.attr.root, ctx.files.srcs) + [command]),
        mnemonic = "ConnlintFacts",
        progress_message = "Reading %s" % ctx.attr.package,
    )
    return [DefaultInfo(files = depset([artifact])), ConnlintFactsInfo(artifact = artifact)]

_CONNLINT = attr.label(
    doc = "The `connlint` binary.",
    default = "//:connlint",
    allow_single_file = True,
    cfg = "exec",
    executable = True,
)

connlint_facts = rule(
    doc = "Reads one package into an artifact.",
    implementation = _facts_impl,
    attrs = {
        "package": attr.string(doc = "Its name in its manifest.", mandatory = True),
        "srcs": attr.label_list(
            doc = "Its sources and manifest, generated ones too, with the manifest and lock file of the workspace.",
            allow_files = True,
            mandatory = True,
        ),
        "root": attr.string(doc = "The folder of the Cargo workspace, if that is not Bazel's."),
        "include_tests": attr.bool(doc = "Whether the bodies of tests are read."),
        "connlint": _CONNLINT,
    },
)

def _report_impl(ctx):
    report = ctx.actions.declare_file("%s.%s" % (ctx.label.name, ctx.attr.format))
    artifacts = [target[ConnlintFactsInfo].artifact for target in ctx.attr.facts]
    config = ["copy '%s' connlint.toml" % file.path for file in ctx.files.config]
    gate = ctx.attr.fail_on
    command = "'{connlint}' link {artifacts} --root \"$folder\" --fail-on '{gate}' --output '{format}:{report}' {args}"
    command = command.format(
        connlint = _connlint(ctx).path,
        artifacts = " ".join(["'%s'" % artifact.path for artifact in artifacts]),
        gate = gate,
        format = ctx.attr.format,
        report = report.path,
        args = " ".join(["'%s'" % arg for arg in ctx.attr.args_of_link]),
    )
    ctx.actions.run_shell(
        inputs = artifacts + ctx.files.config,
        tools = [_connlint(ctx)],
        outputs = [report],
        command = "\n".join([_COPY] + config + [command]),
        mnemonic = "ConnlintLink",
        progress_message = "Linking %d packages" % len(artifacts),
    )
    return [DefaultInfo(files = depset([report]))]

connlint_report = rule(
    doc = "Reports on the artifacts of all packages of a workspace.",
    implementation = _report_impl,
    attrs = {
        "facts": attr.label_list(doc = "All packages.", providers = [ConnlintFactsInfo], mandatory = True),
        "config": attr.label(doc = "The settings of the workspace.", allow_single_file = True),
        "format": attr.string(doc = "A format of `connlint check`.", default = "sarif"),
        "fail_on": attr.string(
            doc = "The level of findings that fails the action.",
            default = "never",
            values = ["never", "warning", "error"],
        ),
        "args_of_link": attr.string_list(doc = "Further options of `connlint link`."),
        "connlint": _CONNLINT,
    },
)
