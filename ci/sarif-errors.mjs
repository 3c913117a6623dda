// Fails if a log of the SARIF multitool has errors: node ci/sarif-errors.mjs LOG
import { readFileSync } from "node:fs";

const log = JSON.parse(readFileSync(process.argv[2], "utf8"));
const results = log.runs.flatMap((run) => run.results ?? []);
const errors = results.filter((result) => result.level === "error");
for (const { ruleId, message } of errors) {
  console.error(`${ruleId}: ${message.text ?? JSON.stringify(message.arguments)}`);
}
const counts = {};
for (const { level = "warning", ruleId } of results) {
  counts[`${level} ${ruleId}`] = (counts[`${level} ${ruleId}`] ?? 0) + 1;
}
console.log(`multitool: ${errors.length} errors in ${process.argv[2]}`, counts);
process.exit(errors.length === 0 ? 0 : 1);
