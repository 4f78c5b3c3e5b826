/* The style sheet of the page of `sanity`, behind the common one. */
#ifndef ATTR_REPORTS_SANITY_STYLE_H
#define ATTR_REPORTS_SANITY_STYLE_H

/* clang-format off */
static const char sanity_style[] =
    ".passes{color:#1a7f37;font-weight:600}.doubtful{color:#9a6700;font-weight:600}"
    ".fails{color:var(--warn);font-weight:600}\n"
    "@media screen and (prefers-color-scheme:dark){.passes{color:#56d364}.doubtful{color:#e3b341}}\n"
    ".verdicts td{min-width:13rem;font-size:.875rem}.verdicts td b{display:block}\n"
    ".verdicts th{white-space:normal;min-width:8rem}.verdicts th span{color:var(--soft);font-weight:normal}\n"
    ".curves{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}\n"
    ".curves svg{width:100%;height:auto;border:1px solid var(--line);border-radius:.5rem}\n"
    ".strip{display:flex;gap:.5rem;overflow-x:auto;padding:.25rem 0 .5rem}\n"
    ".strip figure{margin:0;flex:none;width:8rem;font-size:.75rem;line-height:1.3}\n"
    ".strip img{width:8rem;image-rendering:pixelated;border:1px solid var(--line)}\n"
    ".strip figcaption b{display:block;font-weight:600}\n"
    "h4{font-size:.95rem;margin:1rem 0 .25rem}\n"
    "details{margin:.5rem 0}summary{cursor:pointer;font-weight:600}\n";
/* clang-format on */

#endif
