#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ablatrix/plan/experiment.hpp>

#include "unit/plan/fake_job.hpp"

namespace ablatrix::plan {

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::function<void()> reading(std::string const& text, std::vector<std::string> const& sets = {})
{
    return [text, sets] { read_fake(text, sets); };
}
auto fails_with(std::string const& part)
{
    return ThrowsMessage<config::ConfigError>(HasSubstr(part));
}

}  // namespace

TEST(Experiment, lays_the_file_over_the_defaults)
{
    Experiment const experiment = read_fake(
        "name: trial\njob: fake\nparameters:\n  noise: {rate: 0.2}\n  train.epochs: 3\n  extra: {anything: [1]}\n"
        "statistics: {level: 0.9, primary_metric: ap}\nexecution: {threads: 2, device: cpu}\n");
    EXPECT_EQ(experiment.name, "trial");
    EXPECT_EQ(experiment.parameters.canonical(),
              R"({"extra":{"anything":[1]},"file":null,"noise":{"rate":0.2,"type":"uniform"},"rows":100,"seed":1,)"
              R"("signals":{"off":[]},"strict":false,"train":{"epochs":3}})");
    EXPECT_EQ(experiment.statistics.level, 0.9);
    EXPECT_EQ(experiment.statistics.resamples, 10000);
    EXPECT_EQ(experiment.statistics.primary_metric, "ap");
    EXPECT_EQ(experiment.execution.threads, 2);
    EXPECT_EQ(experiment.execution.device, "cpu");
    EXPECT_EQ(experiment.base, "folder");
}

TEST(Experiment, is_named_after_its_file)
{
    EXPECT_EQ(read_fake("job: fake\n").name, "x");
}

TEST(Experiment, resolved_text_reads_back_to_the_same_experiment)
{
    Experiment const first = read_fake("job: fake\ngrid: {product: {seed: [1, 2]}}\nparameters: {rows: 7}\n");
    Experiment const second = read_fake(first.resolved.to_yaml());
    EXPECT_EQ(second.resolved.canonical(), first.resolved.canonical());
    EXPECT_EQ(second.parameters.find("rows")->text(), "7");
}

TEST(Experiment, sets_override_the_file)
{
    Experiment const experiment = read_fake("job: fake\nparameters: {noise.rate: 0.2}\ngrid: {product: {seed: [1]}}\n",
                                            {"noise.rate=0.3", "parameters.rows=5", "execution.threads=4",
                                             "grid.product.seed=[7, 8]", "grid.product.noise.rate=[0]", "name=other"});
    EXPECT_EQ(experiment.parameters.find("noise.rate")->text(), "0.3");
    EXPECT_EQ(experiment.parameters.find("rows")->text(), "5");
    EXPECT_EQ(experiment.execution.threads, 4);
    EXPECT_EQ(experiment.grid.canonical(), R"({"product":{"noise":{"rate":[0]},"seed":[7,8]}})");
    EXPECT_EQ(experiment.name, "other");
}

TEST(Experiment, setting_an_axis_sets_its_values)
{
    std::string const file = "job: fake\ngrid: {product: {seed: [1, 2], noise.rate: [0.1, 0.2]}}\n";
    EXPECT_EQ(read_fake(file, {"noise.rate=0.3"}).grid.canonical(), R"({"product":{"noise.rate":[0.3],"seed":[1,2]}})");
    EXPECT_EQ(read_fake(file, {"parameters.noise.rate=0.3", "seed=[7, 8]"}).grid.canonical(),
              R"({"product":{"noise.rate":[0.3],"seed":[7,8]}})");
    EXPECT_EQ(read_fake(file, {"rows=5"}).grid.canonical(), read_fake(file).grid.canonical());
    EXPECT_THAT(reading("job: fake\ngrid: {zip: [{seed: [1, 2], rows: [5, 6]}]}\n", {"rows=7"}),
                fails_with("'rows' takes its values from grid.zip (--set rows=7). Keep some of them with --only"));
}

TEST(Experiment, unknown_keys_are_errors_everywhere)
{
    EXPECT_THAT(reading("job: fake\nparamters: {}\n"),
                fails_with("unknown key 'paramters' (x.yaml:2:1). Did you mean 'parameters'?"));
    EXPECT_THAT(reading("job: fake\nparameters:\n  noise:\n    rat: 0.1\n"),
                fails_with("unknown parameter 'noise.rat' (x.yaml:4:5). Did you mean 'noise.rate'?"));
    EXPECT_THAT(reading("job: fake\nparameters: {rate: 0.1}\n"), fails_with("Did you mean 'noise.rate'?"));
    EXPECT_THAT(reading("job: fake\nparameters: {magic: 1}\n"), fails_with("See --print-config"));
    EXPECT_THAT(reading("job: fake\nstatistics: {levle: 0.9}\n"), fails_with("Did you mean 'level'?"));
    EXPECT_THAT(reading("job: fake\nexecution: {thread: 2}\n"), fails_with("Did you mean 'threads'?"));
    EXPECT_THAT(reading("job: fake\n", {"noise.rat=1"}),
                fails_with("unknown parameter 'noise.rat' (--set noise.rat=1). Did you mean 'noise.rate'?"));
    EXPECT_THAT(reading("job: fake\n", {"noise.rate"}), fails_with("Write --set path=value"));
}

TEST(Experiment, expected_effects_are_kept_and_read_back)
{
    std::string const text =
        "job: fake\nstatistics:\n  effect:\n    auroc: {difference: 0.02, difference_sd: 0.01, seed_sd: 0.015}\n"
        "    ap: {discordant: 0.1, positive_share: 0.05}\n";
    Experiment const experiment = read_fake(text);
    ASSERT_EQ(experiment.statistics.effects.size(), 2U);
    EXPECT_EQ(experiment.statistics.effects[0].metric, "auroc");
    EXPECT_EQ(experiment.statistics.effects[0].difference, 0.02);
    EXPECT_EQ(experiment.statistics.effects[0].difference_sd, 0.01);
    EXPECT_EQ(experiment.statistics.effects[0].seed_sd, 0.015);
    EXPECT_TRUE(std::isnan(experiment.statistics.effects[0].discordant));
    EXPECT_EQ(experiment.statistics.effects[1].discordant, 0.1);
    EXPECT_EQ(experiment.statistics.effects[1].positive_share, 0.05);
    EXPECT_EQ(read_fake(experiment.resolved.to_yaml()).resolved.canonical(), experiment.resolved.canonical());
    EXPECT_EQ(read_fake("job: fake\n").resolved.find("statistics.effect"), nullptr);
}

TEST(Experiment, expected_effects_must_be_possible)
{
    auto const effect = [](std::string const& what) {
        return reading("job: fake\nstatistics:\n  effect: " + what + "\n");
    };
    EXPECT_THAT(effect("{aurok: {difference: 0.1}}"),
                fails_with("unknown metric 'aurok' (x.yaml:3:12). Did you mean 'auroc'?"));
    EXPECT_THAT(effect("{auroc: {diference: 0.1}}"), fails_with("Did you mean 'difference'?"));
    EXPECT_THAT(effect("{auroc: {difference: 0.1, sd: 1}}"), fails_with("unknown key 'sd'"));
    EXPECT_THAT(effect("{auroc: {}}"), fails_with("nothing is expected of 'auroc'"));
    EXPECT_THAT(effect("{auroc: 0.1}"), fails_with("a map of keys and values"));
    EXPECT_THAT(effect("{auroc: {difference: 0}}"), fails_with("must be above 0, found 0 (x.yaml:3:32"));
    EXPECT_THAT(effect("{auroc: {difference: many}}"), fails_with("expected a number"));
    EXPECT_THAT(effect("{auroc: {discordant: 1.5}}"), fails_with("a share is at most 1, found 1.5"));
    EXPECT_THAT(effect("{auroc: {difference_sd: 0.1}}"), fails_with("Add difference"));
    EXPECT_THAT(effect("{auroc: {difference: 0.2, discordant: 0.1}}"),
                fails_with("arms that differ on a share of 0.1 of the items cannot differ by 0.2 in 'auroc'"));
}

TEST(Experiment, parameters_have_the_type_of_their_default)
{
    EXPECT_THAT(reading("job: fake\nparameters: {noise: {rate: high}}\n"),
                fails_with("expected a number, found the text 'high' (x.yaml:2:28, key 'noise.rate')"));
    EXPECT_THAT(reading("job: fake\nparameters: {rows: '5'}\n"), fails_with("Remove the quotes"));
    EXPECT_THAT(reading("job: fake\nparameters: {rows: }\n"), fails_with("remove the key for the default"));
    EXPECT_THAT(reading("job: fake\nparameters: {strict: 1}\n"), fails_with("expected true or false"));
    EXPECT_THAT(reading("job: fake\nparameters: {noise: {type: 3}}\n"), fails_with("Write \"3\" in quotes"));
    EXPECT_THAT(reading("job: fake\nparameters: {signals: {off: x}}\n"), fails_with("Write [x] for a list of one"));
    EXPECT_THAT(reading("job: fake\nparameters: {noise: 3}\n"), fails_with("expected a map of keys and values"));
    EXPECT_THAT(reading("job: fake\nparameters: {noise: {rate: 0}, noise.rate: 0.1}\n"), fails_with("given twice"));
    EXPECT_NO_THROW(read_fake("job: fake\nparameters: {file: any.tsv, noise: }\n"));
    EXPECT_NO_THROW(read_fake("job: fake\nparameters: {file: 3}\n"));
}

TEST(Experiment, grid_values_have_the_type_of_their_default)
{
    EXPECT_THAT(reading("job: fake\ngrid: {product: {noise.rate: [0.1, high]}}\n"),
                fails_with("expected a number, found the text 'high' (x.yaml:2:36, key 'noise.rate')"));
    EXPECT_THAT(reading("job: fake\ngrid: {product: {noise: {rate: [x]}}}\n"), fails_with("key 'noise.rate'"));
    EXPECT_THAT(reading("job: fake\ngrid: {zip: [{seed: [a]}]}\n"), fails_with("expected a number"));
    EXPECT_THAT(reading("job: fake\ngrid: {include: [{seed: a}]}\n"), fails_with("expected a number"));
    EXPECT_THAT(reading("job: fake\ngrid: {arms: {values: {a: {signals.off: x}}}}\n"), fails_with("expected a list"));
    EXPECT_THAT(reading("job: fake\ngrid: {arms: {values: {a: {signals: {off: x}}}}}\n"),
                fails_with("expected a list"));
}

TEST(Experiment, sections_have_checked_values)
{
    EXPECT_THAT(reading("name: x\n"), fails_with("missing key 'job'"));
    EXPECT_THAT(reading("job: other\n"), fails_with("the job is 'other', not 'fake' (x.yaml:1:6"));
    EXPECT_THAT(reading("just text\n"), fails_with("expected an experiment, found the text 'just text'"));
    EXPECT_THAT(reading(""), fails_with("expected an experiment, found nothing"));
    EXPECT_THAT(reading("job: fake\nstatistics: {level: 95}\n"), fails_with("must be between 0.5 and 0.9999"));
    EXPECT_THAT(reading("job: fake\nstatistics: {primary_metric: aurok}\n"), fails_with("Did you mean 'auroc'?"));
    EXPECT_THAT(reading("job: fake\nstatistics: {correction: none}\n"), fails_with("Possible values: holm"));
    EXPECT_THAT(reading("job: fake\nstatistics: {baseline_arm: full}\n"), fails_with("the grid has no arms"));
    EXPECT_THAT(reading("job: fake\ngrid: {arms: {values: {full: {}}}}\nstatistics: {baseline_arm: fulll}\n"),
                fails_with("Did you mean 'full'?"));
    EXPECT_THAT(reading("job: fake\nexecution: {device: gpu}\n"), fails_with("Possible values: auto, cpu, cuda"));
    EXPECT_THAT(reading("job: fake\nexecution: {max_attempts: 0}\n"), fails_with("must be between 1 and 100"));
}

TEST(Experiment, says_where_stages_run_and_for_how_long)
{
    auto const plain = read_fake("job: fake\n").execution;
    EXPECT_EQ(plain.isolation, Isolation::automatic);
    EXPECT_EQ(plain.crash_limit, 3);
    EXPECT_EQ(plain.fail_fast, 3);
    EXPECT_EQ(plain.lease_s, 0);
    EXPECT_EQ(plain.save_every_s, 300);
    EXPECT_FALSE(plain.has_timeout());

    std::string const text =
        "job: fake\nexecution: {isolation: process, crash_limit: 1, fail_fast: 7, lease: 5, save_every: 0, timeout: "
        "60, timeouts: "
        "{fake.train: "
        "3600, "
        "fake.noise: 0}}\n";
    auto const experiment = read_fake(text);
    EXPECT_EQ(experiment.execution.isolation, Isolation::process);
    EXPECT_EQ(experiment.execution.crash_limit, 1);
    EXPECT_EQ(experiment.execution.timeout_of("fake.train"), 3600);
    EXPECT_EQ(experiment.execution.timeout_of("fake.noise"), 0);
    EXPECT_EQ(experiment.execution.timeout_of("fake.metrics"), 60);
    auto const again = read_fake(experiment.resolved.to_yaml()).execution;
    EXPECT_EQ(again.isolation, Isolation::process);
    EXPECT_EQ(again.fail_fast, 7);
    EXPECT_EQ(again.lease_s, 5);
    EXPECT_EQ(again.save_every_s, 0);
    EXPECT_EQ(again.timeout_s, 60);
    EXPECT_EQ(again.timeouts, experiment.execution.timeouts);
}

TEST(Experiment, refuses_isolation_that_makes_no_sense)
{
    EXPECT_THAT(reading("job: fake\nexecution: {isolation: proces}\n"), fails_with("Did you mean 'process'?"));
    EXPECT_THAT(reading("job: fake\nexecution: {crash_limit: 0}\n"), fails_with("must be between 1 and 100"));
    EXPECT_THAT(reading("job: fake\nexecution: {timeouts: {fake.trian: 5}}\n"),
                fails_with("job 'fake' has no stage 'fake.trian' (x.yaml:2:24"));
    EXPECT_THAT(reading("job: fake\nexecution: {timeouts: {fake.trian: 5}}\n"),
                fails_with("Did you mean 'fake.train'?"));
    EXPECT_THAT(reading("job: fake\nexecution: {isolation: none, timeout: 5}\n"),
                fails_with("a stage can only be stopped in a process of its own"));
}

TEST(Experiment, tells_its_job)
{
    EXPECT_EQ(job_name(config::parse_yaml("job: ecg\nother: 1\n", "x.yaml")), "ecg");
    EXPECT_THAT([] { job_name(config::parse_yaml("a: 1", "x.yaml")); }, fails_with("missing key 'job'"));
    EXPECT_THAT([] { job_name(config::parse_yaml("[1]", "x.yaml")); }, fails_with("Start with 'job: ecg'"));
}

}  // namespace ablatrix::plan
