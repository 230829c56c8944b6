// SPDX-License-Identifier: GPL-3.0-or-later
// The wizard's rules: what each step needs, defaults that follow the method, and what is sent.
#include "app/train/train_form.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace greylag::protocol;

namespace {

ModelList twoModels() {
  ModelList list;
  ModelStatus good, bad;
  good.id = "tiny";
  good.path = "/models/tiny.safetensors";
  bad.id = "old";
  bad.problem = "This is an RWKV-6 file.";
  list.models = {good, bad};
  return list;
}

DataCheckReply checkReply(int64_t usable, bool isBad) {
  DataCheckReply reply;
  reply.kind = "jsonl";
  reply.rows = 10;
  reply.usable_rows = usable;
  reply.tokens = 400;
  reply.learned_tokens = 200;
  reply.histogram = {3, 7, 0, 1, 0};
  if (isBad) {
    reply.errors.push_back({4, "bad_json", "A comma is missing.", true});
    reply.problem_counts.push_back({"bad_json", true, 1, 4});
  }
  reply.errors.push_back({6, "cut", "It will be cut.", false});
  reply.problem_counts.push_back({"cut", false, 1, 6});
  reply.previews.push_back({1, {{"User: a<b\n", false}, {"yes", true}}});
  return reply;
}

PlanReply planReply() {
  PlanReply reply;
  reply.weight_bytes = 100;
  reply.optimizer_bytes = 200;
  reply.activation_bytes = 300;
  reply.total_bytes = 600;
  reply.memory_available_bytes = 1000;
  reply.checkpoint_bytes = 5'000'000;
  reply.config.keep_last = 2;
  return reply;
}

AdapterStatus core(const std::string& id, const std::string& model, int64_t cycles) {
  AdapterStatus status;
  status.id = id;
  status.path = "/runs/" + id + ".safetensors";
  status.method = "hrm";
  status.base_model = model;
  status.cycles = cycles;
  return status;
}

QModelIndex rowOf(const SettingList& settings, const QString& key) {
  for (int row = 0; row < settings.rowCount(); ++row) {
    if (settings.index(row).data(SettingList::Key).toString() == key) return settings.index(row);
  }
  return {};
}

bool isUsed(const SettingList& settings, const QString& key) {
  return rowOf(settings, key).data(SettingList::IsUsed).toBool();
}

RunConfig sent(const SettingList& settings) {
  RunConfig config;
  settings.apply(config);
  return config;
}

// A form that has reached the review.
void fill(TrainForm& form, const QString& dataFile) {
  form.setModels(twoModels());
  form.chooseData(QUrl::fromLocalFile(dataFile));
  form.setCheckReply(checkReply(10, false));
  form.setPlanReply(planReply());
}

}  // namespace

class TrainFormTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    QVERIFY(m_folder.isValid());
    m_file = m_folder.filePath("pairs.jsonl");
    QFile file(m_file);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("{\"text\": \"hello\"}\n");
  }

  void stepsOpenOneAfterTheOther() {
    TrainForm form;
    QCOMPARE(form.reachableStep(), int(TrainForm::Model));  // a goal is always chosen
    form.next();
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Model));  // no model yet
    QVERIFY(!form.problem().isEmpty());
    form.setModels(twoModels());
    QCOMPARE(form.modelId(), "tiny");  // the only usable one
    QVERIFY(form.refusedModels().contains("RWKV-6"));
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Data));
    form.goTo(TrainForm::Review);
    QCOMPARE(form.step(), int(TrainForm::Data));
    form.chooseData(QUrl::fromLocalFile(m_file));
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Check));
    form.setCheckReply(checkReply(10, false));
    form.next();
    form.setPlanReply(planReply());
    form.next();
    QCOMPARE(form.step(), int(TrainForm::Review));
    QCOMPARE(form.reachableStep(), int(TrainForm::Review));
  }

  void badRowsStopUntilTheyAreSkipped() {
    TrainForm form;
    fill(form, m_file);
    form.setCheckReply(checkReply(9, true));
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());
    form.setSkipBadRows(true);
    QVERIFY(form.problemOf(TrainForm::Check).isEmpty());
    QVERIFY(form.config().skip_bad_rows);
    form.setCheckReply(checkReply(0, true));
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());  // nothing left to learn from
  }

  void anotherModelNeedsAnotherCheck() {
    TrainForm form;
    ModelList list = twoModels();
    list.models[1].problem.clear();
    form.setModels(list);
    form.setModelId("tiny");
    form.chooseData(QUrl::fromLocalFile(m_file));
    form.setCheckReply(checkReply(10, false));
    QVERIFY(form.problemOf(TrainForm::Check).isEmpty());
    form.setModelId("old");
    QVERIFY(!form.problemOf(TrainForm::Check).isEmpty());
  }

  void goingBackKeepsTheDraft() {
    TrainForm form;
    fill(form, m_file);
    form.setSetting("steps", "321");
    form.setName("mine");
    form.goTo(TrainForm::Plan);
    for (int i = 0; i < 5; ++i) form.back();
    QCOMPARE(form.step(), int(TrainForm::Goal));
    QCOMPARE(form.name(), "mine");
    QCOMPARE(form.config().steps, 321);
    QCOMPARE(form.dataPath(), m_file);
  }

  void theGoalProposesAMethodThatCanBeChanged() {
    TrainForm form;
    form.setGoal("pretrain");
    QCOMPARE(form.method(), "full");
    form.setMethod("lora");
    QCOMPARE(form.method(), "lora");
    QCOMPARE(form.proposedMethod(), "full");
    form.setGoal("task");
    QCOMPARE(form.method(), "lora");
  }

  void theLearningRateFollowsTheMethodUntilItIsTyped() {
    SettingList settings;
    QAbstractItemModelTester tester(&settings,
                                    QAbstractItemModelTester::FailureReportingMode::QtTest);
    QCOMPARE(settings.number("lr"), 1.3e-3);
    settings.setMethod("full");
    QCOMPARE(settings.number("lr"), 1.3e-4);
    settings.setModelWidth(192);
    QCOMPARE(settings.number("lr"), 5.2e-4);
    QCOMPARE(settings.changedCount(), 0);
    settings.setText("lr", "0.0005");
    settings.setMethod("state");
    QCOMPARE(settings.number("lr"), 5e-4);
    QCOMPARE(settings.changedCount(), 1);
    settings.restoreDefaults();
    QCOMPARE(settings.number("lr"), 1.0);
  }

  void everyDefaultIsWhatTheProtocolSays() {
    const SettingList settings;
    RunConfig config;
    settings.apply(config);
    RunConfig expected;
    expected.lr = 1.3e-3;
    QCOMPARE(QString::fromStdString(encode(config)), QString::fromStdString(encode(expected)));
  }

  void aNumberOutOfRangeIsAProblemAndChangesNothing() {
    SettingList settings;
    settings.setText("batch", "0");
    QVERIFY(!settings.problem().isEmpty());
    QCOMPARE(settings.number("batch"), 4.0);
    settings.setText("batch", "2.5");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("batch", "many");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("batch", "8");
    QVERIFY(settings.problem().isEmpty());
  }

  void rankDoesNotCountWithoutLora() {
    SettingList settings;
    settings.setText("rank", "0");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("train_norms", "1");
    RunConfig config;
    settings.apply(config);
    QVERIFY(config.train_norms);
    settings.setMethod("full");
    QVERIFY(settings.problem().isEmpty());
    settings.apply(config);
    QVERIFY(!config.train_norms);  // the engine refuses them there
  }

  void aCoresSettingsShowForItsMethodAlone() {
    SettingList settings;
    const auto shown = [&settings] {
      int count = 0;
      for (int row = 0; row < settings.rowCount(); ++row) {
        const QModelIndex index = settings.index(row);
        const bool isOfCore = index.data(SettingList::Key).toString().startsWith("hrm_");
        if (isOfCore && index.data(SettingList::IsUsed).toBool()) ++count;
      }
      return count;
    };
    QCOMPARE(shown(), 0);
    settings.setMethod("hrm");
    for (const char* key : {"hrm_width", "hrm_blocks", "hrm_h_cycles", "hrm_l_cycles",
                            "hrm_grad_cycles", "hrm_ds_weight", "hrm_halting", "hrm_backbone"}) {
      QVERIFY2(isUsed(settings, key), key);
      QVERIFY2(!rowOf(settings, key).data(SettingList::IsExpert).toBool(), key);
      QVERIFY2(!rowOf(settings, key).data(SettingList::Hint).toString().isEmpty(), key);
    }
    QVERIFY(!isUsed(settings, "rank"));
    QVERIFY(!isUsed(settings, "hrm_core"));  // there is none
    QCOMPARE(settings.number("lr"), 2e-4);
    settings.setMethod("state");
    QCOMPARE(shown(), 0);
  }

  void whatASwitchOrChoiceNeedsAppearsWithIt() {
    SettingList settings;
    settings.setMethod("hrm");
    QVERIFY(!isUsed(settings, "hrm_halt_tau"));
    settings.setText("hrm_halting", "1");
    QVERIFY(isUsed(settings, "hrm_halt_tau"));
    settings.setText("hrm_backbone", "lora");
    QVERIFY(isUsed(settings, "rank") && isUsed(settings, "hrm_backbone_lr"));
    QVERIFY(!isUsed(settings, "grace_steps"));
    settings.setText("patience", "3");
    QVERIFY(isUsed(settings, "grace_steps") && isUsed(settings, "min_delta"));
    const RunConfig config = sent(settings);
    QVERIFY(config.hrm_halting);
    QCOMPARE(config.hrm_backbone, std::string("lora"));
    QCOMPARE(config.patience, 3);
    QCOMPARE(settings.changedCount(), 3);
  }

  void anIdleSettingIsSentAsItsDefault() {
    SettingList settings;
    settings.setMethod("hrm");
    settings.setText("hrm_h_cycles", "5");
    QCOMPARE(sent(settings).hrm_h_cycles, 5);
    settings.setMethod("lora");
    QCOMPARE(sent(settings).hrm_h_cycles, RunConfig().hrm_h_cycles);
    QCOMPARE(settings.changedCount(), 0);
  }

  void gradientThroughAllCyclesFollowsTheirNumber() {
    SettingList settings;
    settings.setMethod("hrm");
    QCOMPARE(sent(settings).hrm_grad_cycles, 1);
    settings.setText("hrm_grad_cycles", "all");
    settings.setText("hrm_h_cycles", "4");
    QCOMPARE(sent(settings).hrm_grad_cycles, 4);
    settings.setText("hrm_grad_cycles", "0");
    QCOMPARE(sent(settings).hrm_grad_cycles, 0);
  }

  void aCoreIsAsWideAsWholeHeads() {
    SettingList settings;
    settings.setMethod("hrm");
    settings.setText("hrm_width", "100");
    QVERIFY2(settings.problem().contains("64"), qPrintable(settings.problem()));
    settings.setText("hrm_width", "128");
    QCOMPARE(settings.problem(), QString());
    settings.setText("hrm_backbone", "full");
    settings.setText("hrm_backbone_lr", "0.001");
    QVERIFY(!settings.problem().isEmpty());
    settings.setText("hrm_backbone", "lora");
    QCOMPARE(settings.problem(), QString());
  }

  void aCoreOfTheModelCanGoOnAndKeepsItsShape() {
    TrainForm form;
    ModelList list = twoModels();
    list.models[1].problem.clear();
    form.setModels(list);
    form.setModelId("tiny");
    form.setMethod("hrm");
    form.setAdapters({{core("mine", "tiny", 6), core("other", "old", 2)}});
    const QModelIndex start = rowOf(*form.settings(), "hrm_core");
    QVERIFY(start.data(SettingList::IsUsed).toBool());
    QCOMPARE(start.data(SettingList::Options).toList().size(), 2);  // a fresh one, mine
    form.setSetting("hrm_grad_cycles", "all");
    form.setSetting("hrm_core", "/runs/mine.safetensors");
    QCOMPARE(form.config().hrm_core, std::string("/runs/mine.safetensors"));
    QCOMPARE(form.config().hrm_grad_cycles, 6);
    QVERIFY(!isUsed(*form.settings(), "hrm_width"));
    QCOMPARE(start.data(SettingList::ValueName).toString(), "mine");
    form.setModelId("old");
    QVERIFY(form.config().hrm_core.empty());
    QVERIFY(isUsed(*form.settings(), "hrm_width"));
  }

  void theReviewNamesTheCoreAndItsSettings() {
    TrainForm form;
    fill(form, m_file);
    form.setMethod("hrm");
    QVERIFY(form.methodReason().contains("LoRA learned better"));
    form.setSetting("hrm_halting", "1");
    form.setPlanReply(planReply());
    QHash<QString, QString> rows;
    for (const QVariant& row : form.review()) {
      rows.insert(row.toMap()["label"].toString(), row.toMap()["value"].toString());
    }
    QCOMPARE(rows["Method"], "HRM reasoning core (experimental)");
    QCOMPARE(rows["H-cycles"], "2");
    QCOMPARE(rows["Halting"], "on");
    QCOMPARE(rows["Model beside the core"], "Frozen");
    QVERIFY(!rows.contains("Rank"));
    QVERIFY(form.outcome().first().contains("cannot be merged"));
    form.setSetting("hrm_backbone", "full");
    form.setPlanReply(planReply());
    QVERIFY(form.outcome().first().contains("changed copy"));
  }

  void memoryPartsFillTheBar() {
    TrainPlan plan;
    plan.setReply(planReply());
    double whole = 0;
    for (const QVariant& part : plan.segments()) whole += part.toMap()["share"].toDouble();
    QCOMPARE(whole, 1.0);
    QVERIFY(plan.fits());
    PlanReply tight = planReply();
    tight.memory_available_bytes = 500;
    plan.setReply(tight);
    QVERIFY(!plan.fits());
  }

  void theReviewMarksWhatDiffers() {
    TrainForm form;
    fill(form, m_file);
    form.setSetting("steps", "50");
    form.setPlanReply(planReply());
    bool isFound = false;
    for (const QVariant& row : form.review()) {
      const QVariantMap map = row.toMap();
      const bool isSteps = map["label"].toString() == "Steps";
      QCOMPARE(map["isChanged"].toBool(), isSteps);
      isFound = isFound || isSteps;
    }
    QVERIFY(isFound);
    QVERIFY(!form.outcome().isEmpty());
  }

  void theMaskPreviewEscapesTextAndMarksWhatIsLearned() {
    DataCheck check;
    check.setReply(checkReply(10, false));
    const QString markup = check.previewMarkup(0, Qt::green, Qt::gray);
    QVERIFY2(markup.contains("a&lt;b<br/>"), qPrintable(markup));
    QCOMPARE(markup.count("text-decoration:underline"), 1);
    QVERIFY(markup.indexOf("underline") < markup.indexOf("yes"));
    QVERIFY(check.previewText(0).contains("learned: yes"));
    QCOMPARE(check.histogram().size(), 4);  // empty tail left out
    QCOMPARE(check.histogram()[1].toMap()["label"].toString(), "32–63");
    QCOMPARE(check.previewMarkup(9, Qt::green, Qt::gray), QString());
  }

  // The engine sends the first problems; how many there are, it counts.
  void theCheckCountsProblemsOfTheWholeFile() {
    DataCheck check;
    DataCheckReply reply = checkReply(10, true);
    reply.problem_counts = {{"bad_json", true, 90'000, 4}, {"duplicate", false, 12, 6}};
    check.setReply(reply);
    QCOMPARE(check.fatalCount(), 90'000);
    QCOMPARE(check.warningCount(), 12);
    QCOMPARE(check.shownCount(), 2);
    QCOMPARE(check.countText(), QStringLiteral("not JSON: 90,000, duplicate: 12"));
  }

  void onlyLocalNonEmptyFilesAreData() {
    TrainForm form;
    QSignalSpy failed(&form, &TrainForm::failed);
    form.chooseData(QUrl("https://example.org/a.jsonl"));
    form.chooseData(QUrl::fromLocalFile(m_folder.path()));
    QFile empty(m_folder.filePath("empty.txt"));
    QVERIFY(empty.open(QIODevice::WriteOnly));
    empty.close();
    form.chooseData(QUrl::fromLocalFile(empty.fileName()));
    QCOMPARE(failed.count(), 3);
    QVERIFY(form.dataPath().isEmpty());
  }

 private:
  QTemporaryDir m_folder;
  QString m_file;
};

QTEST_MAIN(TrainFormTest)
#include "train_form_test.moc"
