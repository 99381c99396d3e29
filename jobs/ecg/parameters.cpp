#include "jobs/ecg/parameters.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <utility>

#include <ablatrix/base/text.hpp>
#include <ablatrix/config/reader.hpp>

namespace ablatrix::ecg {
namespace {

constexpr std::int64_t many = std::numeric_limits<std::int32_t>::max();

/// Fills parameters from a map.
class Reading
{
  public:
    explicit Reading(config::Reader& root) : reader_(&root) {}

    void group(std::string const& name, std::function<void()> const& members)
    {
        auto* const outer = std::exchange(reader_, &reader_->child(name));
        members();
        reader_ = outer;
    }
    void integer(std::string const& key, std::int64_t& value, std::int64_t low, std::int64_t high)
    {
        value = reader_->integer(key, value, low, high);
    }
    void number(std::string const& key, double& value, double low, double high)
    {
        value = reader_->number(key, value, low, high);
    }
    void choice(std::string const& key, std::string& value, std::vector<std::string> const& allowed)
    {
        value = reader_->choice(key, value, allowed);
    }
    template <typename T>
    void value(std::string const& key, T& value)
    {
        value = reader_->get(key, value);
    }

  private:
    config::Reader* reader_;
};

/// Writes parameters as a map.
class Writing
{
  public:
    void group(std::string const& name, std::function<void()> const& members)
    {
        auto const outer = std::exchange(prefix_, prefix_ + name + ".");
        members();
        prefix_ = outer;
    }
    void integer(std::string const& key, std::int64_t value, std::int64_t, std::int64_t)
    {
        put(key, scalar(std::to_string(value)));
    }
    void number(std::string const& key, double value, double, double) { put(key, scalar(base::shortest(value))); }
    void choice(std::string const& key, std::string const& value, std::vector<std::string> const&)
    {
        put(key, scalar(value));
    }
    void value(std::string const& key, bool value) { put(key, scalar(value ? "true" : "false")); }
    void value(std::string const& key, std::string const& value) { put(key, scalar(value, value.empty())); }
    void value(std::string const& key, std::vector<std::string> const& values)
    {
        std::vector<config::Node> items;
        for (auto const& each : values)
            items.push_back(scalar(each));
        put(key, config::Node::sequence(std::move(items), {}));
    }
    void value(std::string const& key, std::vector<double> const& values)
    {
        std::vector<config::Node> items;
        for (auto const each : values)
            items.push_back(scalar(base::shortest(each)));
        put(key, config::Node::sequence(std::move(items), {}));
    }
    config::Node const& node() const noexcept { return node_; }

  private:
    static config::Node scalar(std::string text, bool quoted = false)
    {
        return config::Node::scalar(std::move(text), {}, quoted);
    }
    void put(std::string const& key, config::Node value) { node_.assign(prefix_ + key, std::move(value)); }

    std::string prefix_;
    config::Node node_ = config::Node::map({}, {});
};

template <typename Fields>
void describe_data(DataParameters& data, Fields& fields)
{
    fields.choice("source", data.source, {"synthetic", "table"});
    fields.value("path", data.path);
    fields.value("test_path", data.test_path);
    fields.group("columns", [&] {
        fields.value("text", data.columns.text);
        fields.value("text2", data.columns.text2);
        fields.value("label", data.columns.label);
        fields.value("clean_label", data.columns.clean_label);
        fields.value("ratings", data.columns.ratings);
    });
    fields.value("class_names", data.class_names);
    fields.integer("n_train", data.n_train, 0, many);
    fields.integer("test_rows", data.test_rows, 1, many);
    fields.integer("reserve_rows", data.reserve_rows, 1, many);
    fields.group("synthetic", [&] {
        fields.integer("rows", data.synthetic.rows, 40, 100'000'000);
        fields.integer("seed", data.synthetic.seed, 0, many);
        fields.integer("classes", data.synthetic.classes, 2, 10);
        fields.number("overlap", data.synthetic.overlap, 0, 1);
        fields.integer("words_min", data.synthetic.words_min, 4, 200);
        fields.integer("words_max", data.synthetic.words_max, 4, 200);
    });
}

template <typename Fields>
void describe_classifier(ClassifierParameters& classifier, Fields& fields)
{
    fields.choice("kind", classifier.kind, {"linear", "probe", "finetune"});
    fields.value("model", classifier.model);
    fields.integer("max_length", classifier.max_length, 3, many);
    fields.integer("epochs", classifier.epochs, 1, 10000);
    fields.integer("batch", classifier.batch, 1, 1000000);
    fields.number("learning_rate", classifier.learning_rate, 1e-8, 10);
    fields.number("weight_decay", classifier.weight_decay, 0, 10);
    fields.integer("folds", classifier.folds, 2, 100);
    fields.group("finetune", [&] {
        fields.integer("epochs", classifier.finetune.epochs, 1, 1000);
        fields.integer("batch", classifier.finetune.batch, 1, 100000);
        fields.number("learning_rate", classifier.finetune.learning_rate, 1e-9, 1);
        fields.number("weight_decay", classifier.finetune.weight_decay, 0, 10);
    });
}

template <typename Fields>
void describe_explanation(ExplanationParameters& explanation, Fields& fields)
{
    fields.choice("backend", explanation.backend, {"lexical"});
    fields.integer("samples", explanation.samples, 1, 20);
    fields.choice("metadata_policy", explanation.metadata_policy, {"none", "strip"});
    fields.number("label_word_weight", explanation.label_word_weight, 0, 100);
    fields.number("smoothing", explanation.smoothing, 1e-6, 1000);
    fields.number("temperature", explanation.temperature, 1e-3, 1000);
    fields.number("word_dropout", explanation.word_dropout, 0, 0.99);
    fields.choice("canonical", explanation.canonical, {"K1", "K2", "K3", "K4", "K5"});
    fields.choice("embedder", explanation.embedder, {"same", "lsa"});
    fields.integer("dim", explanation.dim, 2, 4096);
}

template <typename Fields>
void describe_signals(SignalParameters& signals, Fields& fields)
{
    for (std::size_t s = 0; s < signal_count; ++s)
        fields.value(signal_names[s], signals.enabled[s]);
    fields.group("weights", [&] {
        for (std::size_t s = 0; s < signal_count; ++s)
            fields.number(signal_names[s], signals.weights[s], 0, 1);
    });
    fields.number("epsilon", signals.epsilon, 1e-12, 1);
    fields.choice("artifact_mode", signals.artifact_mode, {"synthetic", "binary", "pmi"});
}

/// The one list of all parameters.
template <typename Fields>
void describe(Parameters& p, Fields& fields)
{
    fields.integer("seed", p.seed, 0, std::numeric_limits<std::int64_t>::max());
    fields.group("data", [&] { describe_data(p.data, fields); });
    fields.group("noise", [&] {
        fields.choice("type", p.noise.type, {"none", "uniform", "artifact", "annotator", "real"});
        fields.number("rate", p.noise.rate, 0, 0.9);
        fields.number("marker_clean_fraction", p.noise.marker_clean_fraction, 0, 1);
        fields.value("shared_marker", p.noise.shared_marker);
    });
    fields.group("rating", [&] {
        fields.value("enabled", p.rating.enabled);
        fields.number("fraction", p.rating.fraction, 0, 1);
    });
    fields.group("embedder", [&] {
        fields.choice("kind", p.embedder.kind, {"lsa", "hf"});
        fields.value("model", p.embedder.model);
        fields.integer("max_length", p.embedder.max_length, 0, many);
        fields.integer("dim", p.embedder.dim, 2, 4096);
        fields.integer("max_features", p.embedder.max_features, 0, many);
        fields.integer("min_documents", p.embedder.min_documents, 1, many);
        fields.value("bigrams", p.embedder.bigrams);
    });
    fields.group("classifier", [&] { describe_classifier(p.classifier, fields); });
    fields.group("explanation", [&] { describe_explanation(p.explanation, fields); });
    fields.group("graph", [&] {
        fields.integer("k", p.graph.k, 1, 10000);
        fields.number("s_min", p.graph.s_min, -1, 1);
        fields.number("tau", p.graph.tau, 1e-3, 100);
        fields.value("mutual", p.graph.mutual);
        fields.value("reliability", p.graph.reliability);
        fields.integer("k_outlier", p.graph.k_outlier, 1, 10000);
        fields.choice("exclude_identical", p.graph.exclude_identical, {"none", "same_string", "same_text"});
    });
    fields.group("signals", [&] { describe_signals(p.signals, fields); });
    fields.group("baselines", [&] { fields.choice("nrg_mode", p.baselines.nrg_mode, {"reference", "original"}); });
    fields.group("cleaning", [&] {
        fields.value("methods", p.cleaning.methods);
        fields.value("fractions", p.cleaning.fractions);
        fields.choice("action", p.cleaning.action, {"remove", "relabel", "reweight"});
        fields.number("min_confidence", p.cleaning.min_confidence, 0, 1);
        fields.number("min_reliability", p.cleaning.min_reliability, 0, 1);
    });
}

void check_data(Parameters const& p, config::Reader& root)
{
    auto& data = root.child("data");
    if (p.data.source == "table" && p.data.path.empty()) {
        data.fail("path", "data.source is 'table' but data.path is empty", "Name the table's file");
    }
    if (p.data.source == "synthetic" && p.data.synthetic.words_min > p.data.synthetic.words_max) {
        data.child("synthetic").fail("words_min", "words_min is larger than words_max");
    }
    if (p.noise.type == "annotator" && p.data.columns.ratings.empty()) {
        root.child("noise").fail("type", "annotator noise needs several people's ratings per row",
                                 "Name their column with data.columns.ratings");
    }
    if (p.noise.type == "real" && p.data.columns.clean_label.empty()) {
        root.child("noise").fail("type", "real noise needs a clean label per row to be measured against",
                                 "Name its column with data.columns.clean_label");
    }
}

void check_encoders(Parameters const& p, config::Reader& root)
{
    std::string const way_out = "Name the checkpoint's folder; scripts/fetch-model.sh minilm gets one";
    if (p.embedder.kind == "hf" && p.embedder.model.empty()) {
        root.child("embedder").fail("kind", "embedder.kind is 'hf' but embedder.model is empty", way_out);
    }
    if (p.classifier.kind != "linear" && p.classifier.model.empty() && p.embedder.kind != "hf") {
        root.child("classifier")
            .fail("kind", "classifier.kind is '" + p.classifier.kind + "' but classifier.model is empty", way_out);
    }
}

void check_signals(Parameters const& p, config::Reader& root)
{
    auto& signals = root.child("signals");
    if (p.signals.enabled[1]) {
        signals.fail("nli", "the NLI signal has no model in this version", "Set signals.nli to false");
    }
    if (std::none_of(std::begin(p.signals.enabled), std::end(p.signals.enabled), [](bool on) { return on; })) {
        signals.fail("neighbourhood", "every signal is switched off", "Leave at least one on");
    }
    if (p.graph.k_outlier > p.graph.k) {
        root.child("graph").fail("k_outlier", "graph.k_outlier is larger than graph.k",
                                 "An outlier score reads neighbours only");
    }
}

void check_cleaning(Parameters const& p, config::Reader& root)
{
    auto& cleaning = root.child("cleaning");
    auto known = detection_methods();
    known.insert(known.end(), {"none", "oracle"});
    for (std::size_t i = 0; i < p.cleaning.methods.size(); ++i) {
        auto const& method = p.cleaning.methods[i];
        if (std::find(known.begin(), known.end(), method) == known.end()) {
            cleaning.fail("methods", "unknown cleaning method '" + method + "'",
                          "Known: " + base::join(known, ", ") + "." + base::did_you_mean_hint(method, known));
        }
        if (std::find(p.cleaning.methods.begin(), p.cleaning.methods.begin() + static_cast<std::ptrdiff_t>(i),
                      method) != p.cleaning.methods.begin() + static_cast<std::ptrdiff_t>(i))
        {
            cleaning.fail("methods", "cleaning method '" + method + "' is listed twice");
        }
    }
    if (p.cleaning.fractions.empty()) cleaning.fail("fractions", "the list of fractions is empty", "Try [0.05]");
    for (std::size_t i = 0; i < p.cleaning.fractions.size(); ++i) {
        auto const fraction = p.cleaning.fractions[i];
        if (!(fraction > 0 && fraction < 1)) {
            cleaning.fail("fractions", "fraction " + base::shortest(fraction) + " is outside (0, 1)");
        }
        if (std::count(p.cleaning.fractions.begin(), p.cleaning.fractions.end(), fraction) > 1) {
            cleaning.fail("fractions", "fraction " + base::shortest(fraction) + " is listed twice");
        }
    }
}

}  // namespace

std::vector<std::string> const& detection_methods()
{
    static std::vector<std::string> const names{"ecg_adaptive",
                                                "ecg_fixed",
                                                "explanation_knn",
                                                "ecg_input",
                                                "input_knn",
                                                "classifier_knn",
                                                "self_confidence",
                                                "confident_learning",
                                                "high_loss",
                                                "margin",
                                                "aum",
                                                "entropy",
                                                "least_confidence",
                                                "nrg",
                                                "wann",
                                                "label_mismatch",
                                                "random",
                                                "marker_oracle"};
    return names;
}

Parameters read_parameters(config::Node const& node)
{
    config::Reader reader(node);
    Parameters parameters;
    Reading reading(reader);
    describe(parameters, reading);
    reader.finish();
    check_data(parameters, reader);
    check_encoders(parameters, reader);
    check_signals(parameters, reader);
    check_cleaning(parameters, reader);
    return parameters;
}

config::Node default_parameters()
{
    Parameters defaults;
    Writing writing;
    describe(defaults, writing);
    return writing.node();
}

}  // namespace ablatrix::ecg
