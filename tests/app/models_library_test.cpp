// SPDX-License-Identifier: GPL-3.0-or-later
// Lists of the Models page: rows change one by one, texts say what the engine said.
#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include "app/models/hub_search_session.h"
#include "app/models/model_library.h"
#include "core/protocol/codec.h"

using namespace greylag::protocol;

namespace {

ModelStatus model(const std::string& id, uint64_t size = 1000) {
  ModelStatus row;
  row.id = id;
  row.path = "/models/" + id + ".pth";
  row.size_bytes = size;
  row.parameters = 191'000'000;
  row.vocabulary = "byte";
  return row;
}

DownloadStatus downloadOf(const std::string& state, uint64_t done) {
  DownloadStatus row;
  row.id = "d1";
  row.file_name = "a.pth";
  row.state = state;
  row.bytes_done = done;
  row.bytes_total = 4'000'000;
  row.bytes_per_second = 1'000'000;
  row.seconds_left = 3;
  return row;
}

template <typename T>
QByteArray json(const T& value) {
  return QByteArray::fromStdString(encode(value));
}

}  // namespace

class ModelsLibraryTest : public QObject {
  Q_OBJECT

 private slots:
  void aNewListChangesOnlyWhatDiffers() {
    ModelListModel list;
    QAbstractItemModelTester tester(&list, QAbstractItemModelTester::FailureReportingMode::QtTest);
    list.setRows({model("a"), model("b"), model("c")});
    QSignalSpy changed(&list, &QAbstractItemModel::dataChanged);
    QSignalSpy removed(&list, &QAbstractItemModel::rowsRemoved);
    QSignalSpy inserted(&list, &QAbstractItemModel::rowsInserted);
    QSignalSpy moved(&list, &QAbstractItemModel::rowsMoved);
    QSignalSpy reset(&list, &QAbstractItemModel::modelReset);
    ModelStatus loaded = model("c");
    loaded.is_loaded = true;
    list.setRows({loaded, model("a"), model("d")});
    QCOMPARE(list.rowCount(), 3);
    QCOMPARE(list.indexOf("c"), 0);
    QCOMPARE(list.indexOf("d"), 2);
    QCOMPARE(removed.count(), 1);
    QCOMPARE(inserted.count(), 1);
    QCOMPARE(moved.count(), 1);
    QCOMPARE(reset.count(), 0);
    QCOMPARE(changed.count(), 1);
    const auto roles = changed.first().at(2).value<QList<int>>();
    QVERIFY(roles.contains(ModelListModel::IsLoaded));
    QVERIFY(!roles.contains(ModelListModel::Size));
  }

  void anUnchangedRowSaysNothing() {
    ModelListModel list;
    list.setRows({model("a")});
    QSignalSpy changed(&list, &QAbstractItemModel::dataChanged);
    list.upsert(model("a"));
    QCOMPARE(changed.count(), 0);
  }

  void eventsKeepTheListTrue() {
    ModelLibrary library;
    ModelList models;
    models.models = {model("a"), model("b")};
    library.handleEvent("models", json(models));
    QCOMPARE(library.modelCount(), 2);
    ModelStatus broken = model("b");
    broken.problem = "The vocabulary is missing.";
    library.handleEvent("model", json(broken));
    const QModelIndex row = library.models()->index(1);
    QCOMPARE(row.data(ModelListModel::Problem).toString(), "The vocabulary is missing.");
    library.handleEvent("model", "{\"id\":7}");  // a wrong type is ignored
    QCOMPARE(library.modelCount(), 2);
  }

  void removalNamesSizeAndDependents() {
    ModelLibrary library;
    ModelList models;
    models.models = {model("base", 382'000'000)};
    library.handleEvent("models", json(models));
    AdapterStatus adapter;
    adapter.id = "polite";
    adapter.base_model = "base";
    library.setAdapters({{adapter}});
    const QString text = library.removalText("base");
    QVERIFY2(text.contains("382"), qPrintable(text));
    QVERIFY2(text.contains("polite"), qPrintable(text));
  }

  void anAdapterRowSaysWhatItIs() {
    AdapterListModel list;
    AdapterStatus core;
    core.id = "thinker";
    core.method = "hrm";
    core.cycles = 4;
    list.setRows({core});
    const QString text = list.index(0).data(AdapterListModel::Method).toString();
    QVERIFY2(text.startsWith("HRM reasoning core, 4 cycle"), qPrintable(text));
  }

  void anAdapterSaysItsAlphaWhereItHasOne() {
    AdapterListModel list;
    AdapterStatus lora;
    lora.id = "lora";
    lora.method = "lora";
    lora.rank = 4;
    lora.alpha = 32;
    AdapterStatus assumed = lora, miss = lora;
    assumed.id = "assumed";
    assumed.alpha = 4;
    assumed.is_alpha_assumed = true;
    miss.id = "miss";
    miss.method = "miss";
    list.setRows({lora, assumed, miss});
    const auto text = [&](int row) {
      return list.index(row).data(AdapterListModel::AlphaText).toString();
    };
    QCOMPARE(text(0), QString("alpha 32"));
    QCOMPARE(text(1), QString("alpha not known, taken as 4"));
    QCOMPARE(text(2), QString());
    QCOMPARE(list.index(2).data(AdapterListModel::Method).toString(), QString("MiSS, rank 4"));
    QCOMPARE(list.roleNames().value(AdapterListModel::IsAlphaAssumed), "isAlphaAssumed");
  }

  // A bin that the engine would refuse is not shown (ModelCard, AdapterRow).
  void rowsSayWhatCanBeDeleted() {
    ModelListModel models;
    ModelStatus own = model("own");
    own.is_deletable = true;
    models.setRows({own, model("run@5")});
    QVERIFY(models.index(0).data(ModelListModel::IsDeletable).toBool());
    QVERIFY(!models.index(1).data(ModelListModel::IsDeletable).toBool());
    AdapterListModel adapters;
    AdapterStatus imported, named;
    imported.id = "imported";
    imported.is_deletable = true;
    named.id = "named";
    adapters.setRows({imported, named});
    QVERIFY(adapters.index(0).data(AdapterListModel::IsDeletable).toBool());
    QVERIFY(!adapters.index(1).data(AdapterListModel::IsDeletable).toBool());
    QCOMPARE(adapters.roleNames().value(AdapterListModel::IsDeletable), "isDeletable");
    QCOMPARE(models.roleNames().value(ModelListModel::IsDeletable), "isDeletable");
  }

  void aDownloadMarksItsCatalogueEntry() {
    ModelLibrary library;
    CatalogueEntry entry;
    entry.id = "a";
    entry.file_name = "a.pth";
    library.catalogue()->setEntries({entry}, *library.downloads());
    const QModelIndex row = library.catalogue()->index(0);
    QVERIFY(!row.data(CatalogueModel::IsDownloading).toBool());
    library.handleEvent("download", json(downloadOf("running", 1'000'000)));
    QVERIFY(row.data(CatalogueModel::IsDownloading).toBool());
    library.handleEvent("download", json(downloadOf("done", 4'000'000)));
    QVERIFY(!row.data(CatalogueModel::IsDownloading).toBool());
    QVERIFY(row.data(CatalogueModel::IsInstalled).toBool());
  }

  void anEntrySaysWhetherItFitsTheMemory() {
    CatalogueModel list;
    DownloadListModel downloads;
    CatalogueEntry entry;
    entry.id = "a";
    entry.size_bytes = 4'000'000'000;
    CatalogueEntry unknown, vocabulary = entry;
    unknown.id = "b";
    vocabulary.id = "c";
    vocabulary.kind = "vocabulary";
    list.setEntries({entry, unknown, vocabulary}, downloads);
    const auto fit = [&](int row) { return list.index(row).data(CatalogueModel::MemoryFit); };
    QCOMPARE(fit(0).toString(), QString());
    list.setMemory(16'000'000'000);
    QCOMPARE(fit(0).toString(), QString("fits"));
    QCOMPARE(fit(1).toString(), QString());
    QCOMPARE(fit(2).toString(), QString());
    list.setMemory(6'000'000'000);
    QCOMPARE(fit(0).toString(), QString("tight"));
    list.setMemory(4'500'000'000);
    QCOMPARE(fit(0).toString(), QString("none"));
    QVERIFY(!list.index(0).data(CatalogueModel::IsPinned).toBool());
    QCOMPARE(list.index(1).data(CatalogueModel::Size).toString(), QString());
  }

  void aLinkOrANameOpensARepository_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("repository");
    QTest::newRow("name") << " a/b-7.gguf "
                          << "a/b-7.gguf";
    QTest::newRow("link") << "https://huggingface.co/a/b"
                          << "a/b";
    QTest::newRow("page") << "https://huggingface.co/a/b/tree/main/gguf?x=1"
                          << "a/b";
    QTest::newRow("words") << "rwkv 7"
                           << "";
    QTest::newRow("word") << "rwkv"
                          << "";
    QTest::newRow("path") << "a/b/c"
                          << "";
    QTest::newRow("host") << "https://huggingface.co/"
                          << "";
  }
  void aLinkOrANameOpensARepository() {
    QFETCH(QString, text);
    QFETCH(QString, repository);
    QCOMPARE(HubSearchSession::repositoryOf(text), repository);
  }

  void aDoneDownloadSaysWhoseHashItHas() {
    DownloadListModel list;
    DownloadStatus row = downloadOf("done", 4'000'000);
    for (const auto& [whose, word] :
         {std::pair("host", "stated by the host"), std::pair("pinned", "published")}) {
      row.verification = whose;
      list.upsert(row);
      const QString detail = list.index(0).data(DownloadListModel::Detail).toString();
      QVERIFY2(detail.contains(word), qPrintable(detail));
    }
  }

  void aDownloadOffersWhatItsStateAllows() {
    DownloadListModel list;
    list.upsert(downloadOf("running", 1'000'000));
    const QModelIndex row = list.index(0);
    QCOMPARE(row.data(DownloadListModel::Progress).toDouble(), 0.25);
    QVERIFY(row.data(DownloadListModel::CanPause).toBool());
    QVERIFY(!row.data(DownloadListModel::CanResume).toBool());
    QVERIFY(row.data(DownloadListModel::Detail).toString().contains("/s"));
    list.upsert(downloadOf("paused", 1'000'000));
    QVERIFY(!row.data(DownloadListModel::CanPause).toBool());
    QVERIFY(row.data(DownloadListModel::CanResume).toBool());
    QVERIFY(!row.data(DownloadListModel::Detail).toString().contains("/s"));
    list.upsert(downloadOf("done", 4'000'000));
    QVERIFY(!row.data(DownloadListModel::CanCancel).toBool());
  }

  void aFailedDownloadIsTold() {
    ModelLibrary library;
    QSignalSpy failed(&library, &ModelLibrary::failed);
    DownloadStatus row = downloadOf("failed", 10);
    row.error = "The SHA-256 does not match.";
    library.handleEvent("download", json(row));
    library.handleEvent("download", json(row));  // once only
    QCOMPARE(failed.count(), 1);
    QVERIFY(failed.first().first().toString().contains("SHA-256"));
  }

  void aLinkNeedsSchemeHashAndName() {
    const ModelLibrary library;
    const QString hash(64, QLatin1Char('a'));
    QVERIFY(library.linkProblem("https://example.org/m.pth", hash, "m.pth").isEmpty());
    QVERIFY(!library.linkProblem("file:///etc/passwd", hash, "m.pth").isEmpty());
    QVERIFY(!library.linkProblem("https://example.org/m.pth", "abc", "m.pth").isEmpty());
    QVERIFY(!library.linkProblem("https://example.org/m.pth", hash, "../m.pth").isEmpty());
    QVERIFY(!library.linkProblem("https://example.org/m.pth", hash, "").isEmpty());
    QCOMPARE(library.fileNameOf("https://example.org/x/m.pth?download=1"), "m.pth");
  }

  void importsNeedAnEngine() {
    ModelLibrary library;
    QSignalSpy failed(&library, &ModelLibrary::failed);
    library.importFiles({QUrl::fromLocalFile("/nowhere/a.pth")});
    QCOMPARE(failed.count(), 1);
    QVERIFY(library.importName().isEmpty());
  }
};

QTEST_MAIN(ModelsLibraryTest)
#include "models_library_test.moc"
