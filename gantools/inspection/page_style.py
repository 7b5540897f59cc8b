"""How a page looks: one style sheet for light and dark, wide and narrow, screen and paper, and a few lines of script.

Colours of text have a contrast of at least 4.5 to 1 on what they stand on.
"""

GENERATOR = '<meta name="generator" content="gantools'
"""How a page of ours is told from others."""

STYLE = """
:root{color-scheme:light dark;--page:#fbfaf8;--card:#fff;--ink:#1d1f24;--soft:#5b606b;--faint:#e6e3dd;--line:#d2cec6;
--d:#a8206f;--g:#127a54;--amber:#955f0c;--red:#c0392b;--blue:#2b5fb8;--shade:0 1px 2px #0000000d,0 6px 24px #0000000a;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
@media (prefers-color-scheme:dark){:root{--page:#14161a;--card:#1c1f25;--ink:#e9e7e2;--soft:#a2a7b3;--faint:#2b2f37;
--line:#3b404a;--d:#f07fc0;--g:#4fd39a;--amber:#e0a94a;--red:#ff8577;--blue:#8db4ff;--shade:0 0 0 1px #ffffff0a}}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);
font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums}
main,header,footer,nav ul{max-width:65rem;margin:0 auto;padding:0 1.5rem}
header{padding-top:3.2rem}
.kicker{margin:0;color:var(--soft);font-size:.8rem;letter-spacing:.09em;text-transform:uppercase}
h1{margin:.15em 0 .3em;font-size:clamp(1.7rem,5vw,2.6rem);line-height:1.15;letter-spacing:-.022em;font-weight:680;
overflow-wrap:anywhere}
.lede{margin:0;font-size:1.1rem;color:var(--soft);max-width:46rem}
.verdicts{display:flex;flex-wrap:wrap;align-items:flex-start;gap:.6rem;margin:1.2rem 0 0}
.verdict{display:inline-flex;align-items:baseline;gap:.55em;margin:0;padding:.4em .95em .45em;
border-radius:1.4em;background:var(--card);border:1px solid var(--line);font-weight:560}
.verdict::before{content:"";flex:none;width:.62em;height:.62em;border-radius:50%;background:var(--amber)}
.verdict.good::before{background:var(--g)}.verdict.quiet::before{background:var(--soft)}.verdict.bad::before{background:var(--red)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:1px;margin:1.8rem 0 0;padding:0;
background:var(--faint);border:1px solid var(--faint);border-radius:12px;overflow:hidden}
.tiles div{background:var(--card);padding:.8rem 1rem .75rem}
.tiles dt{color:var(--soft);font-size:.8rem}
.tiles dd{margin:.05rem 0 0;font-size:1.3rem;font-weight:620;letter-spacing:-.01em}
nav{position:sticky;top:0;z-index:1;margin-top:2rem;background:var(--page);border-bottom:1px solid var(--faint)}
nav ul{display:flex;gap:1.35rem;overflow-x:auto;list-style:none;scrollbar-width:none}
nav a{display:block;padding:.72rem 0;color:var(--soft);text-decoration:none;white-space:nowrap;font-size:.92rem}
nav a:hover,nav a:focus-visible{color:var(--ink)}
section{margin:2.9rem 0 0;scroll-margin-top:3.4rem}
h2{margin:0 0 .3rem;font-size:1.32rem;letter-spacing:-.012em;font-weight:650}
h3{margin:1.7rem 0 .4rem;font-size:1rem;font-weight:620}
p{margin:.35rem 0 1rem;max-width:46rem}
.note{color:var(--soft);font-size:.94rem}
a{color:var(--blue)}
.card{background:var(--card);border:1px solid var(--faint);border-radius:12px;box-shadow:var(--shade);
padding:1.1rem 1.2rem;margin:0 0 1rem}
.row{display:flex;flex-wrap:wrap;gap:.4rem 1.4rem}
figure{margin:0 0 1rem;min-width:0}
figcaption{margin-top:.5rem;color:var(--soft);font-size:.88rem;max-width:30rem}
img{display:block;max-width:100%;height:auto}
img.crisp,.walk{image-rendering:pixelated}
.chart{display:block;width:100%;height:auto;overflow:visible}
.chart.narrow{display:none}
.chart text{font-size:12px;fill:var(--soft)}
.chart .name{font-size:12.5px}
.chart .halo{fill:var(--ink);paint-order:stroke;stroke:var(--card);stroke-width:4px;stroke-linejoin:round}
.chart path{fill:none}.chart .range{fill:var(--blue);opacity:.16}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,19rem),1fr));gap:0 1rem}
.grid{stroke:var(--faint)}.axis,.tick{stroke:var(--soft)}
.level{stroke:var(--soft);stroke-dasharray:5 5}
.line{stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}.line.raw{stroke-width:1;opacity:.34}
.line.d{stroke:var(--d)}.line.g{stroke:var(--g)}.line.v{stroke:var(--blue)}
.dot.d{fill:var(--d)}.dot.g{fill:var(--g)}.dot.v{fill:var(--blue)}
.band.skip{fill:var(--amber)}.band.fault{fill:var(--red)}
.chart .flag path{stroke:var(--line);stroke-width:1.2}
.chart .flag circle{fill:var(--soft)}.chart .flag text{font-size:10.5px;font-weight:650;fill:var(--card)}
.chart .flag.start circle{fill:var(--blue)}.chart .flag.drop circle{fill:var(--amber)}
.chart .flag.fault circle{fill:var(--red)}.chart .flag.verdict circle{fill:var(--d)}
.chart .flag.growth circle{fill:var(--g)}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.3rem;margin:0 0 .5rem;font-size:.9rem;color:var(--soft)}
.key::before{content:"";display:inline-block;width:1.05em;height:.26em;border-radius:2px;margin-right:.5em;
vertical-align:.22em;background:var(--soft)}
.key.d::before{background:var(--d)}.key.g::before{background:var(--g)}.key.v::before{background:var(--blue)}
.key.skip::before{background:var(--amber)}.key.fault::before{background:var(--red)}
.flags{list-style:none;margin:.9rem 0 0;padding:0;font-size:.93rem}
.flags li{display:grid;grid-template-columns:1.6rem 9rem 1fr;gap:.6rem;padding:.3rem 0;
border-top:1px solid var(--faint)}
.flags span{overflow-wrap:anywhere}
.flags .flag{display:grid;place-items:center;width:1.45rem;height:1.45rem;border-radius:50%;background:var(--soft);
color:var(--card);font-size:.76rem;font-weight:650}
.flags .start{background:var(--blue)}.flags .drop{background:var(--amber)}.flags .fault{background:var(--red)}
.flags .verdict{margin:0;padding:0;border:0;background:var(--d)}.flags .verdict::before{content:none}
.flags .growth{background:var(--g)}
.when{color:var(--soft)}
.scroll{overflow-x:auto;margin:0 0 1rem;border:1px solid var(--faint);border-radius:12px;background:var(--card);
box-shadow:var(--shade)}
table{border-collapse:separate;border-spacing:0;width:100%;font-size:.93rem}
th,td{padding:.5rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--faint)}
thead th{border-top:0;color:var(--soft);font-weight:560;font-size:.84rem;white-space:nowrap}
tbody th{font-weight:600;white-space:nowrap}
table.figures td:nth-child(-n+4){white-space:nowrap}
table.figures tbody th{position:sticky;left:0;background:var(--card)}
table.config td:last-child,table.text td{color:var(--soft);overflow-wrap:anywhere}
table.config td{overflow-wrap:anywhere}
table.config tr.set td:nth-child(2){font-weight:640}
tbody tr:first-child th,tbody tr:first-child td{border-top:0}
thead+tbody tr:first-child th,thead+tbody tr:first-child td{border-top:1px solid var(--faint)}
dl{margin:0 0 1rem}
dl:not(.tiles)>div{display:grid;grid-template-columns:9rem 1fr;gap:.8rem;padding:.42rem 0;
border-top:1px solid var(--faint)}
dl:not(.tiles)>div:first-child{border-top:0}
dl:not(.tiles) dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
pre,code{font-family:var(--mono);font-size:.9em}
.command{position:relative;margin:0 0 1rem;padding:.9rem 1.1rem;background:var(--card);border:1px solid var(--line);
border-radius:12px;white-space:pre-wrap;overflow-wrap:anywhere}
.command.can-copy{padding-right:5rem}
.command button{position:absolute;top:.55rem;right:.6rem;padding:.25rem .7rem;border:1px solid var(--line);
border-radius:8px;background:var(--page);color:var(--soft);font:inherit;font-family:inherit;cursor:pointer}
.timeline{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.5rem 1.1rem;align-items:center;margin:0}
.timeline dt{color:var(--soft);text-align:right;font-size:.9rem;line-height:1.2}
.timeline dt b{display:block;color:var(--ink);font-size:1rem;font-weight:620}
dl.timeline>div{display:contents}
.near{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,21rem),1fr));gap:.9rem 1.6rem}
.near figure{display:grid;grid-template-columns:auto 1fr;gap:0 1rem;margin:0;align-items:start}
.near figcaption{grid-column:1/-1;margin-top:.3rem}
.near .sample{border-radius:3px;outline:2px solid var(--g);outline-offset:2px}
.walks{display:flex;flex-wrap:wrap;gap:.9rem;margin:0 0 .4rem}
.walk{flex:none;background-repeat:no-repeat;border-radius:3px;animation:walk var(--time) steps(var(--frames)) infinite}
@keyframes walk{to{background-position:0 calc(-1*var(--length))}}
@media (prefers-reduced-motion:reduce){.walk{animation:none}html{scroll-behavior:auto}}
.bars{display:grid;grid-template-columns:minmax(4rem,auto) minmax(0,1fr) auto;gap:.32rem .9rem;align-items:center;
font-size:.93rem;margin:0 0 1.2rem}
dl.bars>div{display:contents}
.bars dt{color:var(--ink)!important;overflow-wrap:anywhere;max-width:16rem}
.bars .bar{height:.8rem;min-width:2px;border-radius:3px;background:var(--blue)}
.bars .bar.g{background:var(--g)}.bars .bar.skip{background:var(--amber)}
.bars span{color:var(--soft);text-align:right}
.split{display:flex;height:1.1rem;border-radius:6px;overflow:hidden;margin:.2rem 0 .6rem;gap:2px}
.split i{background:var(--blue)}.split i+i{background:var(--amber)}
.couples{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,15rem),1fr));gap:1.1rem 1.4rem}
.couples figure{margin:0}.couples .two{display:flex;gap:.5rem}
.couples figcaption{overflow-wrap:anywhere}
footer{margin-top:3.5rem;padding-top:1.2rem;padding-bottom:3rem;color:var(--soft);font-size:.88rem}
footer code{overflow-wrap:anywhere}
:focus-visible{outline:2px solid var(--blue);outline-offset:2px}
@media (max-width:40rem){body{font-size:15.5px}main,header,footer,nav ul{padding:0 1.05rem}header{padding-top:1.8rem}
.chart.wide{display:none}.chart.narrow{display:block}.card{padding:.9rem .85rem}
.flags li{grid-template-columns:1.6rem 1fr;gap:.1rem .6rem}.flags li span:last-child{grid-column:2}
dl:not(.tiles):not(.timeline):not(.bars)>div{grid-template-columns:1fr;gap:0}
.tiles{grid-template-columns:1fr 1fr}.tiles dd{font-size:1.12rem}
table.figures td{white-space:nowrap}
table.config td:last-child,table.config th:last-child{display:none}.timeline{gap:.5rem .7rem}}
@media print{nav,.command button{display:none}.card,.scroll{box-shadow:none;break-inside:avoid}}
""".strip()

SCRIPT = """
for(const line of document.querySelectorAll('pre.command')){if(!navigator.clipboard)break;
const button=document.createElement('button');button.type='button';button.textContent='Copy';
button.addEventListener('click',async()=>{await navigator.clipboard.writeText(line.querySelector('code').textContent);
button.textContent='Copied';setTimeout(()=>{button.textContent='Copy'},1500)});
line.classList.add('can-copy');line.append(button)}
""".strip()
