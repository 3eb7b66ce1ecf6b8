// What a dashboard's JSON may be, by Grafana's own types: enumerations as their texts, options as their panel has them.
import type { AnnotationQuery, Dashboard, FieldConfig, Panel, RowPanel, VariableModel } from '@grafana/schema';
import type * as bargauge from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type * as stat from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type * as table from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type * as timeseries from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';

type Plain<T> = T extends string ? `${T}`
  : T extends number | boolean | null | undefined ? (`${T}` extends `${infer N extends number}` ? N : T)
  : T extends Array<infer E> ? Array<Plain<E>>
  : { [K in keyof T]: Plain<T[K]> };

type Of<Name extends string, Options, Custom> = Omit<Plain<Panel>, 'type' | 'options' | 'fieldConfig' | 'targets'> & {
  type: Name;
  options: Plain<Partial<Options>>;
  fieldConfig: { defaults: Omit<Plain<FieldConfig>, 'custom'> & { custom?: Plain<Partial<Custom>> }; overrides: [] };
  targets: Query[];
};

interface Query {
  datasource: { type: 'prometheus'; uid: string };
  expr: string;
  format?: 'table' | 'time_series';
  instant: boolean;
  legendFormat: string;
  range: boolean;
  refId: string;
}

type Drawn =
  | Of<'timeseries', timeseries.Options, timeseries.FieldConfig>
  | Of<'stat', stat.Options, never>
  | Of<'bargauge', bargauge.Options, never>
  | Of<'table', table.Options, table.FieldConfig>
  | Plain<RowPanel>;

// Prometheus reads `expr` of an annotation; the builder writes what interval variables have for all of them.
type Marks = { list: Array<Plain<AnnotationQuery> & { expr: string }> };
type Variables = { list: Array<Plain<VariableModel> & { auto?: boolean; auto_count?: number; auto_min?: string }> };

export type PlainDashboard = Omit<Plain<Dashboard>, 'panels' | 'annotations' | 'templating'> & {
  panels: Drawn[];
  annotations: Marks;
  templating: Variables;
};
