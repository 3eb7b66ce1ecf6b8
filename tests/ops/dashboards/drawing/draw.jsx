// Draws a dashboard with Grafana's own components, from its JSON and from what Prometheus answered its queries.
// window.draw(dashboard, series, from, to): series is, by a panel's title, of each of its queries [{labels, points}].

// By require: some of what these packages import by default is CommonJS, and its default is lost on ES modules.
const {
  createTheme, dateTime, getDisplayProcessor, getDisplayValueAlignmentFactors, getMinMaxAndDelta, ThemeContext, toDataFrame,
} = require('@grafana/data');
const { BarGauge, BigValue, PanelChrome, Table, TimeSeries, VizRepeater } = require('@grafana/ui');
const { createRoot } = require('react-dom/client');

const theme = createTheme({ colors: { mode: 'light' } });
const COLUMN = 60, LINE = 38, GAP = 8;

const named = (legend, labels) =>
  legend ? legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, name) => labels[name] ?? '') : JSON.stringify(labels);

function framesOf(panel, queries) {
  const frames = [];
  queries.forEach((series, number) => {
    for (const { labels, points } of series) {
      if (!points.length) continue;
      const name = named(panel.targets[number].legendFormat, labels);
      frames.push(toDataFrame({
        refId: panel.targets[number].refId,
        fields: [
          { name: 'Time', type: 'time', values: points.map(([at]) => at * 1000), config: {} },
          {
            name: 'Value', type: 'number', labels, values: points.map(([, value]) => value),
            config: { ...panel.fieldConfig.defaults, displayNameFromDS: name },
          },
        ],
      }));
    }
  });
  frames.forEach((frame, index) => {
    for (const field of frame.fields) {
      field.state = { seriesIndex: index, range: field.type === 'number' ? getMinMaxAndDelta(field) : undefined };
      field.display = getDisplayProcessor({ field, theme });
    }
  });
  return frames;
}

const last = (field) => field.display(field.values[field.values.length - 1]);

function numbers(panel, frames, width, height) {
  return (
    <VizRepeater
      source={frames} width={width} height={height} itemSpacing={4} orientation="auto" autoGrid
      getValues={() => frames}
      renderValue={({ value: frame, width, height }) => (
        <BigValue
          theme={theme} width={width} height={height}
          value={{ ...last(frame.fields[1]), title: frames.length > 1 ? frame.fields[1].config.displayNameFromDS : '' }}
          colorMode={panel.options.colorMode} graphMode={panel.options.graphMode}
          sparkline={frame.length > 1 ? { x: frame.fields[0], y: frame.fields[1] } : undefined}
        />
      )}
    />
  );
}

function ranking(panel, frames, width, height) {
  const highest = panel.fieldConfig.defaults.max ?? Math.max(...frames.map((frame) => last(frame.fields[1]).numeric), 0);
  const values = frames.map((frame) => ({
    frame, display: { ...last(frame.fields[1]), title: frame.fields[1].config.displayNameFromDS },
  }));
  const field = { ...panel.fieldConfig.defaults, max: highest || 1 };
  return (
    <VizRepeater
      source={frames} width={width} height={height} itemSpacing={8} orientation="horizontal" maxVizHeight={panel.options.maxVizHeight}
      getValues={() => values}
      renderValue={({ value: { frame, display }, width, height }) => (
        <BarGauge
          theme={theme} width={width} height={height} field={field} display={frame.fields[1].display}
          value={display} orientation="horizontal" displayMode={panel.options.displayMode} showUnfilled={panel.options.showUnfilled} text={panel.options.text}
          alignmentFactors={getDisplayValueAlignmentFactors(values)}
        />
      )}
    />
  );
}

function rows(panel, queries, width, height) {
  const hidden = panel.transformations[0].options.excludeByName;
  const all = queries.flat();
  const names = [...new Set(all.flatMap(({ labels }) => Object.keys(labels)))].filter((name) => !hidden[name]);
  const frame = toDataFrame({
    fields: names.map((name) => ({ name, type: 'string', values: all.map(({ labels }) => labels[name] ?? ''), config: { custom: {} } })),
  });
  for (const field of frame.fields) {
    field.display = getDisplayProcessor({ field, theme });
    field.state = {};
  }
  return <Table data={frame} width={width} height={height} />;
}

function overTime(panel, frames, width, height, from, to) {
  return (
    <TimeSeries
      frames={frames} width={width} height={height} timeZone="utc" legend={panel.options.legend} options={panel.options}
      timeRange={{ from: dateTime(from), to: dateTime(to), raw: { from: dateTime(from), to: dateTime(to) } }}
    />
  );
}

function inside(panel, queries, width, height, from, to) {
  const frames = framesOf(panel, queries);
  if (!frames.length) return <div style={{ padding: 20, color: 'gray' }}>{panel.fieldConfig.defaults.noValue}</div>;
  if (panel.type === 'stat') return numbers(panel, frames, width, height);
  if (panel.type === 'bargauge') return ranking(panel, frames, width, height);
  if (panel.type === 'table') return rows(panel, queries, width, height);
  return overTime(panel, frames, width, height, from, to);
}

window.draw = (dashboard, series, from, to) => {
  const parts = dashboard.panels.map((panel) => {
    const { x, y, w, h } = panel.gridPos;
    const place = { position: 'absolute', left: x * COLUMN, top: 40 + y * LINE, width: w * COLUMN - GAP, height: h * LINE - GAP };
    if (panel.type === 'row') {
      return <div key={panel.id} style={{ ...place, fontWeight: 'bold', paddingTop: 8 }}>{panel.title}</div>;
    }
    return (
      <div key={panel.id} style={place}>
        <PanelChrome title={panel.title} description={panel.description} width={place.width} height={place.height}>
          {(width, height) => inside(panel, series[panel.title] ?? [], width, height, from, to)}
        </PanelChrome>
      </div>
    );
  });
  const bottom = Math.max(...dashboard.panels.map(({ gridPos: { y, h } }) => 40 + (y + h) * LINE));
  document.body.style.cssText = `margin: 8px; background: #f4f5f5; font: 14px ${theme.typography.fontFamily}; height: ${bottom}px`;
  const root = document.createElement('div');
  root.style.position = 'relative';
  document.body.append(root);
  createRoot(root).render(
    <ThemeContext.Provider value={theme}>
      <h2 style={{ margin: 0, fontSize: 20 }}>{dashboard.title}</h2>
      {parts}
    </ThemeContext.Provider>
  );
  return bottom;
};
