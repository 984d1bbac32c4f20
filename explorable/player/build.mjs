// Makes src/explorable/static/explorable.js, which pages load, from player/explorable.js.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { minify } from "terser";

const source = readFileSync("player/explorable.js", "utf8");
const hash = createHash("sha256").update(source).digest("hex").slice(0, 16);
const { code } = await minify(source, { compress: { passes: 2 }, mangle: true, ecma: 2022 });
const head = `// Made by "npm run build" from player/explorable.js, ${hash}: change that file, not this one.\n`;
const made = "src/explorable/static/explorable.js";

if (process.argv.includes("--check")) {
  if (readFileSync(made, "utf8") !== `${head}${code}\n`) {
    console.error(`${made} is not what player/explorable.js makes: npm run build`);
    process.exit(1);
  }
} else writeFileSync(made, `${head}${code}\n`);
