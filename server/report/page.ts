/** Pages that stand alone: one HTML file with its own style, light or dark as the reader's system is, no script. */

/** Text as HTML takes it, in elements and in attributes. */
export const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '\u{FFFD}');

/** `body` is HTML. */
export const page = (title: string, body: string): string =>
  [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="dark light">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    `<main>${body}</main>`,
    '</body>',
    '</html>',
    '',
  ].join('\n');

// The dashboard's own colours: every ink at least 4.5:1 on every surface.
const STYLE = `
:root{color-scheme:light dark;--bench:#d9ddd9;--face:#f4f5f2;--well:#fff;--line:#ccd2cd;--ink:#12181b;--ink-2:#39444a;--ink-3:#515c62;
--ok:#0b6b35;--bad:#a81028;--caution:#6d4d00;--copper:#9a3d12;--fill:#0b6b35;--track:#ccd2cd}
@media (prefers-color-scheme:dark){:root{--bench:#0d1012;--face:#161a1d;--well:#090c0e;--line:#2a3136;--ink:#e8ecee;--ink-2:#b4bdc3;
--ink-3:#98a3aa;--ok:#5fd68d;--bad:#ff7381;--caution:#f0c44f;--copper:#e8946a;--fill:#5fd68d;--track:#2a3136}}
*{box-sizing:border-box}
body{margin:0;background:var(--bench);color:var(--ink);font:13px/1.45 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 16px 48px}
h1{font-size:20px;margin:0 0 4px}h2{font-size:15px;margin:0}h3{font-size:13px;margin:12px 0 4px}
p{margin:4px 0}.dim{color:var(--ink-3)}.mid{color:var(--ink-2)}.ok{color:var(--ok)}.bad{color:var(--bad)}.caution{color:var(--caution)}
code,pre,.mono{font:12px/1.45 ui-monospace,"Cascadia Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
pre{background:var(--well);border:1px solid var(--line);border-radius:4px;padding:8px 12px;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0}
.plate{background:var(--face);border:1px solid var(--line);border-radius:7px;padding:12px 16px;margin:12px 0}
.plate>header,summary{display:flex;gap:12px;align-items:baseline;flex-wrap:wrap}
summary{cursor:pointer;list-style-position:inside}summary::-webkit-details-marker{display:none}
summary::before{content:"▸";color:var(--ink-3)}details[open]>summary::before{content:"▾"}
.end{margin-left:auto}
table{border-collapse:collapse;width:100%;margin:6px 0}th,td{text-align:left;padding:3px 10px 3px 0;vertical-align:top;border-bottom:1px solid var(--line)}
th{color:var(--ink-3);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 12px;margin:6px 0}dt{color:var(--ink-3)}dd{margin:0;overflow-wrap:anywhere}
.bar{display:inline-block;width:140px;height:8px;border-radius:2px;background:var(--track);overflow:hidden;vertical-align:middle}
.bar>i{display:block;height:100%;background:var(--fill)}
ul.names{columns:220px;padding-left:16px;margin:4px 0}ul.names li{break-inside:avoid;overflow-wrap:anywhere}
@media print{body{background:#fff}.plate{break-inside:avoid}}
`;
