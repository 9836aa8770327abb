// Bar charts from data attributes: {labels, marked, mark, series: [{color, values}]}, stacked up and down from zero.
// A color is one of our custom properties. The table beside a chart says the same, and says it to everybody.

function colorOf(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

const amount = new Intl.NumberFormat("en");

function barsOf({ color, values }) {
  return { type: "bar", stack: "all", barMaxWidth: 36, itemStyle: { color: colorOf(color) }, data: values };
}

function optionsOf({ labels, marked, mark, series }) {
  const [soft, line] = ["--ink-soft", "--line"].map(colorOf);
  const named = labels.map((label, place) => (place === marked ? `${label}\n${mark}` : label));
  return {
    animation: !matchMedia("(prefers-reduced-motion: reduce)").matches,
    animationDuration: 300,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
    grid: { left: 4, right: 4, top: 12, bottom: 4, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    xAxis: {
      type: "category",
      data: named,
      axisTick: { show: false },
      axisLine: { lineStyle: { color: soft } },
      axisLabel: { color: soft, lineHeight: 16, interval: 0 },
      position: "bottom",
    },
    yAxis: {
      type: "value",
      minInterval: 1,
      splitNumber: 4,
      splitLine: { lineStyle: { color: line } },
      axisLabel: { color: soft, formatter: (value) => amount.format(Math.abs(value)) },
    },
    series: series.map(barsOf),
  };
}

function draw(element) {
  element.classList.add("drawn");
  const chart = echarts.init(element);
  const paint = () => chart.setOption(optionsOf(JSON.parse(element.dataset.chart)));
  paint();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paint);
  new ResizeObserver(() => chart.resize()).observe(element);
}

function drawAll() {
  document.querySelectorAll("[data-chart]:not(.drawn)").forEach(draw);
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
