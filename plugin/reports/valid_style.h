/* The style sheet of the page of `valid`, behind the common one. */
#ifndef ATTR_REPORTS_VALID_STYLE_H
#define ATTR_REPORTS_VALID_STYLE_H

/* clang-format off */
static const char valid_style[] =
    "body{max-width:none}main>p{max-width:60rem}\n"
    ".best{font-weight:700}\n"
    "td small{display:block;color:var(--soft);font-weight:400;white-space:nowrap}\n"
    "tr.control td{color:var(--soft)}\n"
    "th small{font-weight:normal;color:var(--soft);display:block}\n"
    ".scores td:first-child,.scores th:first-child{position:sticky;left:0;background:var(--paper)}\n"
    ".scores td:first-child{min-width:min(9rem,30vw)}\n"
    ".scroll+h3{margin-top:1.5rem}\n"
    ".cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr))}\n"
    ".cards article,.cards figure{margin:0;max-width:none;min-width:0}\n"
    ".cards article p{font-size:.875rem}\n"
    ".matrix{font-size:.875rem;margin-top:.5rem}\n"
    ".matrix th,.matrix td{padding:.1rem .3rem;text-align:center;min-width:1.7rem;border:0;white-space:normal}\n"
    ".matrix th{font-weight:normal;color:var(--soft)}\n"
    ".matrix td:first-child{text-align:left;padding-left:0}\n"
    ".matrix .won{background:color-mix(in srgb,#1a7f37 25%,transparent)}\n"
    ".matrix .lost{background:color-mix(in srgb,#a13a08 25%,transparent)}\n"
    ".cards figure{padding:.75rem;border:1px solid var(--line);border-radius:.5rem;break-inside:avoid}\n"
    "figcaption{font-size:.875rem;margin-bottom:.5rem}figcaption span{color:var(--soft)}\n"
    ".bands{display:block;width:100%;max-width:40rem;height:auto}\n"
    ".keys{list-style:none;display:flex;flex-wrap:wrap;gap:.1rem 1rem;padding:0;margin:.5rem 0 0;font-size:.8rem}\n"
    ".key{margin-right:.4rem;vertical-align:middle}\n"
    ".targets{font-size:.8rem}.targets td{padding-top:.1rem;padding-bottom:.1rem}\n"
    "details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}\n"
    "@media (max-width:34rem){td small{white-space:normal}}\n";
/* clang-format on */

#endif
