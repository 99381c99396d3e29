#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ablatrix/base/text.hpp>
#include <ablatrix/nn/encoder.hpp>
#include <ablatrix/nn/text_classifier.hpp>

#include "classification_text.hpp"
#include "commands.hpp"
#include "matrix_file.hpp"
#include "model_finetune.hpp"
#include "model_inputs.hpp"
#include "model_text.hpp"

namespace ablatrix::app {
namespace {

std::vector<std::string> const actions = {"info", "embed", "classify", "finetune"};

/// Options that mean something for each action only; any other is a misunderstanding.
void check_options(Arguments const& arguments, std::string const& action)
{
    struct Option
    {
        char const* name;
        std::vector<std::string> actions;
    };
    std::vector<std::string> const readers = {"embed", "classify", "finetune"}, trainers = {"finetune"};
    std::vector<Option> const options = {{"TABLE", readers},
                                         {"text", readers},
                                         {"text2", {"classify", "finetune"}},
                                         {"output", readers},
                                         {"format", {"info", "classify"}},
                                         {"device", readers},
                                         {"threads", readers},
                                         {"max-length", readers},
                                         {"precision", readers},
                                         {"label", trainers},
                                         {"epochs", trainers},
                                         {"batch", trainers},
                                         {"learning-rate", trainers},
                                         {"weight-decay", trainers},
                                         {"seed", trainers},
                                         {"save-every", trainers}};
    for (auto const& option : options) {
        bool const fits = std::find(option.actions.begin(), option.actions.end(), action) != option.actions.end();
        if (arguments.has(option.name) && !fits) {
            std::string const shown = option.name == std::string{"TABLE"} ? "a table" : std::string{"--"} + option.name;
            throw UsageError("'model " + action + "' takes no " + shown + ". It goes with " +
                             base::join(option.actions, " and ") + ".");
        }
    }
    if (action != "info" && !arguments.has("TABLE")) {
        throw UsageError("'model " + action + "' needs a table of texts: .tsv, .csv or .jsonl" +
                         (action == "finetune" ? "." : ", or '-' for one text a line from standard input."));
    }
}

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
        WorkProgress progress(texts.size(), "texts");
        vectors = embedder.embed(texts, [&](std::size_t done) { progress.show(done); });
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
        WorkProgress progress(texts.first.size(), "texts");
        std::span<std::string const> const first = texts.first, second = texts.second;
        for (std::size_t begin = 0; begin < first.size(); begin += part) {
            auto const count = std::min(part, first.size() - begin);
            auto const logits = classifier
                                    .classify(first.subspan(begin, count),
                                              second.empty() ? second : second.subspan(begin, count), max_length)
                                    .logits;
            text += classification_rows(classifier.config().labels, logits, json_lines);
            progress.show(begin + count);
        }
    }
    if (arguments.has("output"))
        write_whole_file(arguments.get("output"), text);
    else
        std::fwrite(text.data(), 1, text.size(), stdout);
    return ExitCode::ok;
}

}  // namespace

ArgumentParser model_arguments()
{
    ArgumentParser parser(
        "ablatrix model info|embed|classify|finetune FOLDER [TABLE] [options]",
        "Looks at a checkpoint in Hugging Face or sentence-transformers layout, uses it, and trains it, without "
        "Python.\n\n"
        "  info      family, shapes, parameters, types, heads, tokenizer, longest row, pooling\n"
        "  embed     a vector for each text, as the checkpoint's sentence-transformers files say (pooling, length,\n"
        "            normalisation); without these: the mean over tokens, of length 1\n"
        "  classify  the label and the probability of every label for each text, or pair of texts with --text2\n"
        "  finetune  train encoder and a new classification head on a table's labels as transformers' Trainer does\n"
        "            (AdamW, warm-up and linear decay), and write a folder that classify and transformers load;\n"
        "            a training that was interrupted goes on when the same command is given again\n\n"
        "FOLDER holds config.json, model.safetensors (or shards with an index) and the tokenizer's files;\n"
        "scripts/fetch-model.sh gets one. TABLE is .tsv or .csv with a header, .jsonl, or '-' for one text a line "
        "from\n"
        "standard input. Rows come out in the order of the table, none is left out.",
        {"ablatrix model info models/minilm",
         "ablatrix model embed models/minilm train.tsv --text sentence -o train.npy",
         "cut -f 1 notes.tsv | ablatrix model embed models/minilm - -o notes.csv",
         "ablatrix model classify my-nli pairs.jsonl --text premise --text2 hypothesis -o labels.tsv",
         "ablatrix model finetune models/minilm train.tsv --text sentence -o my-sentiment"});
    parser.positional("ACTION", "info, embed, classify or finetune")
        .positional("FOLDER", "the checkpoint")
        .optional_positional("TABLE", "texts, or '-' for standard input")
        .value("text", "COLUMN", "column of the texts, default 'text' (or 'sentence')")
        .value("text2", "COLUMN", "classify, finetune: column of the second texts of pairs")
        .value("label", "COLUMN", "finetune: column of the labels, default 'label'; any names will do")
        .value(
            "output,o", "PATH",
            "embed: .npy (float32, NumPy), .csv or .tsv; classify: .tsv or .jsonl, default standard output; finetune: "
            "the new folder")
        .value("format", "FORMAT", "info: table (default) or json; classify: tsv or json (one object a line)")
        .value("max-length", "N",
               "tokens of a row; longer ones are cut. Default: what the checkpoint says; finetune: 128")
        .value("epochs", "N", "finetune: passes over the table, default 3")
        .value("batch", "N", "finetune: rows of an optimiser step, default 64")
        .value("learning-rate", "RATE", "finetune: at its highest, default 2e-5")
        .value("weight-decay", "RATE", "finetune: of AdamW, default 0.01; not for biases and norms")
        .value("seed", "N", "finetune: of the new head, the order of rows and dropout, default 0")
        .value("save-every", "SECONDS", "finetune: between two saves of the training's state, default 300")
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
                         " Known: info, embed, classify, finetune.");
    }
    check_options(arguments, action);
    if (action == "info") return info(arguments);
    if (action == "finetune") return finetune_model(arguments);
    return action == "embed" ? embed(arguments) : classify(arguments);
}

}  // namespace ablatrix::app
