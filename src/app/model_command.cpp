#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <unistd.h>

#include <ablatrix/base/text.hpp>
#include <ablatrix/data/text_columns.hpp>
#include <ablatrix/mpi/devices.hpp>
#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/softmax_regression.hpp>
#include <ablatrix/nn/text_classifier.hpp>

#include "classification_text.hpp"
#include "commands.hpp"
#include "matrix_file.hpp"
#include "model_text.hpp"

namespace ablatrix::app {
namespace {

std::vector<std::string> const actions = {"info", "embed", "classify"};

/// Options that mean something for each action only; any other is a misunderstanding.
void check_options(Arguments const& arguments, std::string const& action)
{
    struct Option
    {
        char const* name;
        std::vector<std::string> actions;
    };
    static std::vector<Option> const options = {{"TABLE", {"embed", "classify"}},
                                                {"text", {"embed", "classify"}},
                                                {"text2", {"classify"}},
                                                {"output", {"embed", "classify"}},
                                                {"format", {"info", "classify"}},
                                                {"device", {"embed", "classify"}},
                                                {"threads", {"embed", "classify"}},
                                                {"max-length", {"embed", "classify"}},
                                                {"precision", {"embed", "classify"}}};
    for (auto const& option : options) {
        bool const fits = std::find(option.actions.begin(), option.actions.end(), action) != option.actions.end();
        if (arguments.has(option.name) && !fits) {
            std::string const shown = option.name == std::string{"TABLE"} ? "a table" : std::string{"--"} + option.name;
            throw UsageError("'model " + action + "' takes no " + shown + ". It goes with " +
                             base::join(option.actions, " and ") + ".");
        }
    }
    if (action != "info" && !arguments.has("TABLE")) {
        throw UsageError("'model " + action + "' needs a table of texts: .tsv, .csv or .jsonl, or '-' for one text a " +
                         "line from standard input.");
    }
}

nn::Compute compute_of(Arguments const& arguments)
{
    nn::Compute compute;
    auto const device = arguments.get("device", "auto");
    if (device == "auto")
        compute.device = nn::torch_report(false).cuda ? "cuda:0" : "cpu";
    else if (device == "cuda")
        compute.device = "cuda:0";
    else if (device == "cpu" || device.starts_with("cuda:"))
        compute.device = device;
    else
        throw UsageError("--device is '" + device + "', expected auto, cpu, cuda or cuda:NUMBER.");

    auto const precision = arguments.get("precision", "fp32");
    if (precision == "tf32")
        compute.precision = nn::Precision::tf32;
    else if (precision == "bf16")
        compute.precision = nn::Precision::bf16;
    else if (precision != "fp32")
        throw UsageError("--precision is '" + precision + "', expected fp32, tf32 or bf16.");

    auto const cores = std::to_string(mpi::visible_devices().cores);
    compute.threads = static_cast<int>(parse_integer("--threads", arguments.get("threads", cores), 1, 4096));
    return compute;
}

int max_length_of(Arguments const& arguments)
{
    if (!arguments.has("max-length")) return 0;
    return static_cast<int>(parse_integer("--max-length", arguments.get("max-length"), 2, 1000000));
}

/// First texts, and second ones with --text2.
struct Texts
{
    std::vector<std::string> first, second;
};

Texts read_texts(Arguments const& arguments)
{
    auto const table = arguments.get("TABLE");
    if (table == "-") {
        if (arguments.has("text") || arguments.has("text2")) {
            throw UsageError(
                "standard input has one text a line and no columns: leave --text and --text2 out, or name a "
                "table.");
        }
        Texts texts;
        for (std::string line; std::getline(std::cin, line);) {
            if (line.ends_with('\r')) line.pop_back();
            texts.first.push_back(std::move(line));
        }
        ABLATRIX_VALIDATE(!texts.first.empty(), "standard input is empty. Give one text a line");
        return texts;
    }
    std::vector<std::string> columns{arguments.get("text", "text")};
    if (arguments.has("text2")) columns.push_back(arguments.get("text2"));
    auto read = data::load_text_columns(table, columns);
    return {std::move(read.front()), columns.size() == 2 ? std::move(read.back()) : std::vector<std::string>{}};
}

/// "12000 of 25000 texts" on standard error: twice a second in place, or every ten seconds in a log.
class Progress
{
  public:
    explicit Progress(std::size_t total) : total_(total), on_terminal_(::isatty(STDERR_FILENO) != 0) {}
    ~Progress()
    {
        if (on_terminal_ && shown_) std::fputc('\n', stderr);
    }
    Progress(Progress const&) = delete;
    Progress& operator=(Progress const&) = delete;

    void operator()(std::size_t done)
    {
        auto const now = Clock::now();
        auto const pause = on_terminal_ ? std::chrono::milliseconds{500} : std::chrono::milliseconds{10000};
        if (now - last_ < pause && !(shown_ && done == total_)) return;
        last_ = now;
        shown_ = true;
        double const seconds = std::chrono::duration<double>(now - start_).count();
        double const left = done == 0 ? 0 : seconds / static_cast<double>(done) * static_cast<double>(total_ - done);
        std::fprintf(stderr, on_terminal_ ? "\r\x1b[K%zu of %zu texts, %s left" : "%zu of %zu texts, %s left\n", done,
                     total_, base::human_seconds(left).c_str());
    }

  private:
    using Clock = std::chrono::steady_clock;
    std::size_t total_;
    bool on_terminal_;
    bool shown_ = false;
    Clock::time_point start_ = Clock::now();
    Clock::time_point last_ = start_;
};

/// A file whose folder is not there should not cost the work that goes before writing.
void check_output(std::filesystem::path const& file)
{
    auto const folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path{"."};
    ABLATRIX_VALIDATE(std::filesystem::is_directory(folder), "there is no folder '" + folder.string() + "' to write '" +
                                                                 file.filename().string() + "' into. Make it first");
    ABLATRIX_VALIDATE(!std::filesystem::is_directory(file), "'" + file.string() + "' is a folder. Name a file");
}

ExitCode info(Arguments const& arguments)
{
    auto const format = arguments.get("format", "table");
    if (format != "table" && format != "json") throw UsageError("unknown format '" + format + "'. Known: table, json.");
    std::filesystem::path const folder = arguments.get("FOLDER");
    auto const about = nn::inspect_checkpoint(folder);
    auto const options = nn::read_embed_options(folder);
    std::fputs((format == "json" ? model_json(folder, about, options) : model_table(folder, about, options)).c_str(),
               stdout);
    return ExitCode::ok;
}

ExitCode embed(Arguments const& arguments)
{
    if (!arguments.has("output")) throw UsageError("'model embed' needs -o FILE for the vectors.");
    std::filesystem::path const output = arguments.get("output");
    if (!is_matrix_file(output)) {
        throw UsageError("-o is '" + output.string() + "', but the name must end in " + matrix_suffixes + ".");
    }
    check_output(output);
    auto const compute = compute_of(arguments);
    auto const max_length = max_length_of(arguments);
    auto const texts = read_texts(arguments).first;
    auto const embedder = nn::Embedder::load(arguments.get("FOLDER"), compute, max_length);

    auto const start = std::chrono::steady_clock::now();
    std::vector<float> vectors;
    {
        Progress progress(texts.size());
        vectors = embedder.embed(texts, [&](std::size_t done) { progress(done); });
    }
    double const seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    write_matrix(output, vectors, embedder.dim());
    std::fprintf(stderr, "%zu vectors of %lld numbers in %s, written to %s\n", texts.size(),
                 static_cast<long long>(embedder.dim()), base::human_seconds(seconds).c_str(), output.c_str());
    return ExitCode::ok;
}

bool wants_json_lines(Arguments const& arguments)
{
    auto const by_name = std::filesystem::path{arguments.get("output")}.extension() == ".jsonl" ? "json" : "tsv";
    auto const format = arguments.get("format", by_name);
    if (format != "tsv" && format != "json") throw UsageError("unknown format '" + format + "'. Known: tsv, json.");
    return format == "json";
}

ExitCode classify(Arguments const& arguments)
{
    bool const json_lines = wants_json_lines(arguments);
    if (arguments.has("output")) check_output(arguments.get("output"));
    auto const compute = compute_of(arguments);
    auto max_length = max_length_of(arguments);
    auto const texts = read_texts(arguments);
    auto const classifier = nn::TextClassifier::load(arguments.get("FOLDER"), compute);
    if (max_length == 0) max_length = static_cast<int>(classifier.config().longest_row());

    // In parts, for the sake of progress: a row's result depends on the others up to rounding alone.
    constexpr std::size_t part = 4096;
    std::string text = classification_header(classifier.config().labels, json_lines);
    {
        Progress progress(texts.first.size());
        std::span<std::string const> const first = texts.first, second = texts.second;
        for (std::size_t begin = 0; begin < first.size(); begin += part) {
            auto const count = std::min(part, first.size() - begin);
            auto const logits = classifier
                                    .classify(first.subspan(begin, count),
                                              second.empty() ? second : second.subspan(begin, count), max_length)
                                    .logits;
            text += classification_rows(classifier.config().labels, logits, json_lines);
            progress(begin + count);
        }
    }
    if (arguments.has("output"))
        write_whole_file(arguments.get("output"), text);
    else
        std::fputs(text.c_str(), stdout);
    return ExitCode::ok;
}

}  // namespace

ArgumentParser model_arguments()
{
    ArgumentParser parser(
        "ablatrix model info|embed|classify FOLDER [TABLE] [options]",
        "Looks at a checkpoint in Hugging Face or sentence-transformers layout, and uses it, without Python.\n\n"
        "  info      family, shapes, parameters, types, heads, tokenizer, longest row, pooling\n"
        "  embed     a vector for each text, as the checkpoint's sentence-transformers files say (pooling, length,\n"
        "            normalisation); without these: the mean over tokens, of length 1\n"
        "  classify  the label and the probability of every label for each text, or pair of texts with --text2\n\n"
        "FOLDER holds config.json, model.safetensors (or shards with an index) and the tokenizer's files;\n"
        "scripts/fetch-model.sh gets one. TABLE is .tsv or .csv with a header, .jsonl, or '-' for one text a line "
        "from\n"
        "standard input. Rows come out in the order of the table, none is left out.",
        {"ablatrix model info models/minilm",
         "ablatrix model embed models/minilm train.tsv --text sentence -o train.npy",
         "cut -f 1 notes.tsv | ablatrix model embed models/minilm - -o notes.csv",
         "ablatrix model classify my-nli pairs.jsonl --text premise --text2 hypothesis -o labels.tsv"});
    parser.positional("ACTION", "info, embed or classify")
        .positional("FOLDER", "the checkpoint")
        .optional_positional("TABLE", "texts, or '-' for standard input")
        .value("text", "COLUMN", "column of the texts, default 'text' (or 'sentence')")
        .value("text2", "COLUMN", "classify: column of the second texts of pairs")
        .value("output,o", "FILE",
               "embed: .npy (float32, NumPy), .csv or .tsv; classify: .tsv or .jsonl, default standard output")
        .value("format", "FORMAT", "info: table (default) or json; classify: tsv or json (one object a line)")
        .value("max-length", "N", "tokens of a row; longer ones are cut. Default: what the checkpoint says")
        .value("device", "NAME", "auto (default: a GPU if there is one), cpu, cuda or cuda:N")
        .value("threads", "N", "CPU threads, default: all cores. The result does not depend on it")
        .value("precision", "NAME", "fp32 (default), tf32 or bf16");
    return parser;
}

ExitCode model_command(Arguments const& arguments)
{
    auto const action = arguments.get("ACTION");
    if (std::find(actions.begin(), actions.end(), action) == actions.end()) {
        throw UsageError("unknown action '" + action + "'." + base::did_you_mean_hint(action, actions) +
                         " Known: info, embed, classify.");
    }
    check_options(arguments, action);
    if (action == "info") return info(arguments);
    return action == "embed" ? embed(arguments) : classify(arguments);
}

}  // namespace ablatrix::app
