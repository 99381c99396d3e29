#include "model_finetune.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ablatrix/base/error.hpp>
#include <ablatrix/base/text.hpp>
#include <ablatrix/data/text_columns.hpp>
#include <ablatrix/nn/text_classifier.hpp>
#include <ablatrix/sched/dispatch.hpp>

#include "model_inputs.hpp"

namespace fs = std::filesystem;

namespace ablatrix::app {
namespace {

constexpr std::size_t most_labels = 1000;
/// In the folder of the classifier to be, until that is whole.
constexpr char const* unfinished_name = "unfinished";
constexpr char const* state_name = "training.safetensors";

struct Task
{
    std::vector<std::string> texts, texts2, names;
    std::vector<std::int32_t> labels;  ///< places in names
};

std::optional<long> whole_number(std::string const& text)
{
    long value = 0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

/// By number where all are numbers, so that label 10 comes after label 9.
bool comes_before(std::string const& a, std::string const& b)
{
    auto const x = whole_number(a), y = whole_number(b);
    if (x && y && *x != *y) return *x < *y;
    if (x.has_value() != y.has_value()) return x.has_value();
    return a < b;
}

Task read_task(Arguments const& arguments)
{
    auto const table = arguments.get("TABLE");
    if (table == "-") throw UsageError("'model finetune' needs a table with a column of labels, not standard input.");
    auto const label = arguments.get("label", "label");
    auto columns = text_columns(arguments);
    columns.push_back(label);
    auto read = data::load_text_columns(table, columns);

    Task task{.texts = std::move(read.front()), .names = read.back()};
    if (columns.size() == 3) task.texts2 = std::move(read[1]);
    std::ranges::sort(task.names, comes_before);
    task.names.erase(std::ranges::unique(task.names).begin(), task.names.end());
    if (task.names.size() < 2 || task.names.size() > most_labels) {
        throw DataError(table, 0,
                        "column '" + label + "' has " + std::to_string(task.names.size()) +
                            " different values, but a classifier tells 2 to " + std::to_string(most_labels) +
                            " labels apart. Name the column of the labels with --label");
    }
    for (std::size_t row = 0; row < read.back().size(); ++row) {
        auto const& name = read.back()[row];
        if (name.empty()) {
            throw DataError(table, 0,
                            "has no label in column '" + label + "' of data row " + std::to_string(row + 1) +
                                ". Give it one, or remove the row");
        }
        task.labels.push_back(
            static_cast<std::int32_t>(std::ranges::lower_bound(task.names, name, comes_before) - task.names.begin()));
    }
    return task;
}

/// Whether \p folder, a file or folder in that of the classifier, is an unfinished training and nothing else.
bool is_unfinished(fs::path const& folder)
{
    std::error_code none_there;
    auto const is_ours = [](fs::directory_entry const& entry) {
        return entry.path().filename().string().starts_with(state_name);
    };
    return folder.filename() == unfinished_name &&
           std::ranges::all_of(fs::directory_iterator(folder, none_there), is_ours) && !none_there;
}

/// A folder that is not there, is empty, or holds an unfinished training; with that, files of a save that broke off.
fs::path output_folder(Arguments const& arguments)
{
    if (!arguments.has("output")) throw UsageError("'model finetune' needs -o FOLDER for the trained classifier.");
    fs::path const folder = arguments.get("output");
    std::error_code none_there;
    ABLATRIX_VALIDATE(!fs::exists(folder) || fs::is_directory(folder),
                      "'" + folder.string() + "' is a file. Name a new folder with -o");
    bool const continues = fs::exists(folder / unfinished_name / state_name, none_there);
    for (auto const& entry : fs::directory_iterator(folder, none_there)) {
        bool const may_be_there = entry.path().filename() == unfinished_name ? is_unfinished(entry.path()) : continues;
        ABLATRIX_VALIDATE(may_be_there, "'" + folder.string() + "' already holds '" + entry.path().filename().string() +
                                            "'. Name a new folder with -o, or remove this one");
    }
    std::error_code code;
    fs::create_directories(folder, code);
    ABLATRIX_VALIDATE(
        !code, "cannot make the folder '" + folder.string() + "' (" + code.message() + "). Name another one with -o");
    return folder;
}

nn::FineTuneOptions read_options(Arguments const& arguments)
{
    nn::FineTuneOptions options;
    auto const whole = [&](std::string const& name, int value, long low, long high) {
        return static_cast<int>(parse_integer("--" + name, arguments.get(name, std::to_string(value)), low, high));
    };
    auto const number = [&](std::string const& name, double value, double low, double high) {
        return parse_number("--" + name, arguments.get(name, base::shortest(value)), low, high);
    };
    options.epochs = whole("epochs", options.epochs, 1, 10000);
    options.batch = whole("batch", options.batch, 1, 1000000);
    options.learning_rate = number("learning-rate", options.learning_rate, 1e-12, 10);
    options.weight_decay = number("weight-decay", options.weight_decay, 0, 10);
    options.max_length = arguments.has("max-length") ? max_length_of(arguments) : options.max_length;
    return options;
}

std::string note_of(nn::FineTuneProgress const& at, int epochs)
{
    char text[64];
    std::snprintf(text, sizeof text, " (epoch %d of %d, loss %.4f)", at.epoch + 1, epochs, at.loss);
    return text;
}

}  // namespace

ExitCode finetune_model(Arguments const& arguments)
{
    auto const options = read_options(arguments);
    nn::FineTuneSeed const seed{.seed = parse_integer("--seed", arguments.get("seed", "0"), 0, 1L << 53)};
    nn::FineTuneRun run;
    run.save_every_s =
        parse_number("--save-every", arguments.get("save-every", base::shortest(run.save_every_s)), 0, 3e7);
    auto const compute = compute_of(arguments);
    auto const task = read_task(arguments);
    auto classifier = nn::TextClassifier::with_new_head(arguments.get("FOLDER"), task.names, seed, compute);
    auto const folder = output_folder(arguments);
    run.unfinished = folder / unfinished_name / state_name;

    auto const start = std::chrono::steady_clock::now();
    std::optional<WorkProgress> progress;
    run.progress = [&](nn::FineTuneProgress const& at) {
        if (!progress)
            progress.emplace(static_cast<std::size_t>(at.steps), "steps")
                .begin_at(static_cast<std::size_t>(at.step - 1));
        progress->show(static_cast<std::size_t>(at.step), note_of(at, options.epochs));
    };
    sched::DrainSignals const signals;
    run.must_stop = sched::DrainSignals::requested;
    nn::FineTuneDynamics shown;
    try {
        shown = classifier.fine_tune(task.texts, task.texts2, task.labels, {}, options, seed, run);
    }
    catch (nn::TrainingStopped const&) {
        progress.reset();
        std::fprintf(stderr, "stopped, with the state of the training in %s; the same command continues\n",
                     run.unfinished.c_str());
        return ExitCode::run_again;
    }
    progress.reset();
    classifier.save(folder);
    fs::remove_all(folder / unfinished_name);

    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    auto const longest = classifier.config().longest_row();
    if (shown.truncated > 0) {
        std::fprintf(stderr, "%zu of %zu texts were cut to %d tokens (--max-length)\n", shown.truncated,
                     task.texts.size(), static_cast<int>(std::min<std::int64_t>(options.max_length, longest)));
    }
    std::fprintf(stderr, "%zu texts, %zu labels, mean loss of each epoch:", task.texts.size(), task.names.size());
    for (double const loss : shown.epoch_loss)
        std::fprintf(stderr, " %.4f", loss);
    std::fprintf(stderr, "\n%s, written to %s\n", base::human_seconds(seconds).c_str(), folder.c_str());
    return ExitCode::ok;
}

}  // namespace ablatrix::app
