/* valid.csv and differences.csv. */
#include <math.h>

#include "reports/csv.h"
#include "reports/valid.h"

static const char *direction_of(const attr_metric *metric) {
    return metric->direction > 0 ? "higher" : metric->direction < 0 ? "lower" : "neither";
}

static void write_cell(FILE *file, const attr_metric *metric, const attr_valid_cell *c) {
    attr_csv_number(file, c->mean, ',');
    attr_csv_number(file, c->low, ',');
    attr_csv_number(file, c->high, ',');
    fprintf(file, "%d,%d,%s,", c->n, c->undefined, direction_of(metric));
    for (int control = 0; control < ATTR_CONTROLS; control++) attr_csv_number(file, c->ratio[control], ',');
    attr_csv_number(file, c->chance, ',');
    attr_csv_number(file, c->chance_holm, '\n');
}

attr_status attr_write_valid_table(FILE *file, const attr_valid *v) {
    char label[ATTR_TEXT_SIZE];
    fputs("method,metric,mean,low,high,n,undefined,better,", file);
    for (int control = 0; control < ATTR_CONTROLS; control++)
        fprintf(file, "relative_to_%s,", attr_control_name((attr_control)control));
    fputs("p_against_random,p_against_random_holm\n", file);
    for (int row = 0; row < attr_scoring_rows(v->scoring); row++)
        for (int k = 0; k < v->scoring->metric_count; k++) {
            attr_scoring_label(label, sizeof label, v->scoring, row);
            attr_csv_text(file, label, ',');
            attr_csv_text(file, v->scoring->metrics[k]->name, ',');
            write_cell(file, v->scoring->metrics[k], attr_valid_cell_of(v, row, k));
        }
    return ATTR_OK;
}

static void write_pair(FILE *file, const attr_valid *v, int metric, const attr_valid_pair *pair) {
    char label[ATTR_TEXT_SIZE];
    attr_csv_text(file, v->scoring->metrics[metric]->name, ',');
    attr_scoring_label(label, sizeof label, v->scoring, pair->first);
    attr_csv_text(file, label, ',');
    attr_scoring_label(label, sizeof label, v->scoring, pair->second);
    attr_csv_text(file, label, ',');
    attr_csv_number(file, pair->difference, ',');
    attr_csv_number(file, pair->low, ',');
    attr_csv_number(file, pair->high, ',');
    fprintf(file, "%d,", pair->n);
    attr_csv_number(file, pair->p, ',');
    attr_csv_number(file, pair->p_holm, '\n');
}

attr_status attr_write_valid_differences(FILE *file, const attr_valid *v) {
    int pairs = attr_valid_pairs(v);
    fputs("metric,first,second,difference,low,high,n,p,p_holm\n", file);
    for (int k = 0; k < v->scoring->metric_count; k++)
        for (int i = 0; i < pairs; i++) write_pair(file, v, k, &v->pairs[k * pairs + i]);
    return ATTR_OK;
}
