// SPDX-License-Identifier: GPL-3.0-or-later
// The whole window with the fake engine: every page loads without a warning, the keyboard works, a
// message gets its answer, the language changes while it runs.
#include <QApplication>
#include <QClipboard>
#include <QQmlApplicationEngine>
#include <QQuickItem>
#include <QQuickStyle>
#include <QQuickWindow>
#include <QTemporaryDir>
#include <QTest>
#include <QtQml/QQmlExtensionPlugin>

#include "app/app_context.h"
#include "app/chat/chat_store.h"
#include "app/engine/engine_state.h"
#include "app/reason/reason_session.h"
#include "app/screenshots.h"
#include "app/settings/app_settings.h"
#include "core/base/file.h"
#include "tests/support/fake_engine.h"

Q_IMPORT_QML_PLUGIN(GreylagPlugin)

namespace {

QStringList g_warnings;  // a message handler has no context of its own

void collect(QtMsgType type, const QMessageLogContext& /*context*/, const QString& text) {
  // The offscreen platform itself has no word about a plugin's missing features.
  const bool isPlatform = text.contains(QLatin1String("This plugin does not support"));
  // Qt 6.4's animation clock says this now and then when frames come late; it names no item.
  const bool isClock = text.startsWith(QLatin1String("QUnifiedTimer::stopAnimationDriver"));
  if (type != QtDebugMsg && type != QtInfoMsg && !isPlatform && !isClock) {
    g_warnings.append(text);
    fprintf(stderr, "%s\n", qPrintable(text));
  }
}

// What a Repeater makes is a child in the picture only, not a child object.
QQuickItem* itemBelow(QQuickItem* item, const QString& name) {
  if (item->objectName() == name) {
    return item;
  }
  const QList<QQuickItem*> children = item->childItems();
  for (QQuickItem* child : children) {
    if (QQuickItem* found = itemBelow(child, name)) {
      return found;
    }
  }
  return nullptr;
}

}  // namespace

class WindowTest : public QObject {
  Q_OBJECT

 private slots:
  void initTestCase() {
    QQuickStyle::setStyle("Basic");
    qInstallMessageHandler(collect);
    QVERIFY(m_fake.listen());
    m_fake.writeRecord(m_folder.path());
    const auto home = greylag::Home::open(greylag::path_from_utf8(m_folder.path().toStdString()));
    m_context = std::make_unique<AppContext>(*home, "/does/not/exist");
    m_context->settings()->setLanguage("en");
    QVERIFY(m_context->openChats().ok());
    m_qml = std::make_unique<QQmlApplicationEngine>();
    m_context->install(m_qml.get());
    m_qml->load(QUrl("qrc:/qt/qml/Greylag/Main.qml"));
    QCOMPARE(m_qml->rootObjects().size(), 1);
    m_window = qobject_cast<QQuickWindow*>(m_qml->rootObjects().first());
    QVERIFY(m_window);
    m_window->show();
    m_context->engine()->open();
    QTRY_VERIFY(m_context->engine()->isConnected());
  }

  void showsEveryPageWithoutAWarning_data() {
    QTest::addColumn<QString>("theme");
    QTest::addColumn<QSize>("size");
    QTest::newRow("light") << "light" << QSize(1180, 780);
    QTest::newRow("dark, smallest window") << "dark" << QSize(680, 520);
  }

  void showsEveryPageWithoutAWarning() {
    QFETCH(QString, theme);
    QFETCH(QSize, size);
    g_warnings.clear();
    m_context->settings()->setTheme(theme);
    m_window->resize(size);
    const QStringList names = pageNames();
    QVERIFY(names.size() >= 8);
    for (const QString& name : names) {
      showPage(m_qml.get(), name);
      QQuickItem* page = pageItem(name);
      QVERIFY2(page, qPrintable(name));
      QTRY_VERIFY(page->isVisible() && page->property("item").value<QObject*>());
      QVERIFY(!m_window->grabWindow().isNull());
    }
    QCOMPARE(g_warnings, QStringList());
  }

  void reachesPagesByKeyboard() {
    QTest::keyClick(m_window, Qt::Key_1, Qt::ControlModifier);
    QTRY_VERIFY(pageItem("home")->isVisible());
    QTest::keyClick(m_window, Qt::Key_2, Qt::ControlModifier);
    QTRY_VERIFY(pageItem("chat")->isVisible());
    QVERIFY(!pageItem("home")->isVisible());
  }

  void sendsAMessageByKeyboardAndSavesTheAnswer() {
    g_warnings.clear();
    m_window->resize(1180, 780);
    m_window->requestActivate();
    showPage(m_qml.get(), "chat");
    QTest::keyClick(m_window, Qt::Key_N, Qt::ControlModifier);
    QTRY_VERIFY(m_window->activeFocusItem() &&
                m_window->activeFocusItem()->inherits("QQuickTextEdit"));
    for (const char letter : {'H', 'i'}) {
      QTest::keyClick(m_window, letter);
    }
    // Enter does nothing until the list of models has arrived.
    for (int i = 0; i < 50 && m_context->chats()->conversations().isEmpty(); ++i) {
      QTest::keyClick(m_window, Qt::Key_Return);
      QTest::qWait(50);
    }
    QCOMPARE(m_context->chats()->conversations().size(), 1);
    const qint64 id = m_context->chats()->conversations().first().id;
    QTRY_COMPARE(m_context->chats()->messages(id).size(), 2);
    QTRY_COMPARE(m_context->chats()->messages(id)[1].state, QStringLiteral("complete"));
    QCOMPARE(m_context->chats()->messages(id)[1].text,
             QStringLiteral("Hello from the fake engine."));
    QCOMPARE(g_warnings, QStringList());
  }

  void solvesAPastedSudokuByKeyboard() {
    g_warnings.clear();
    QTest::keyClick(m_window, Qt::Key_3, Qt::ControlModifier);
    QTRY_VERIFY(pageItem("reason")->isVisible());
    auto* session = pageItem("reason")->findChild<ReasonSession*>("reasonSession");
    QVERIFY(session);
    QTRY_VERIFY(session->isKnown());
    QGuiApplication::clipboard()->setText(kFakePuzzle);
    QTest::keyClick(m_window, Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(session->grid()->clueCount(), 40);
    QTest::keyClick(m_window, Qt::Key_7);  // the grid has the focus
    QCOMPARE(session->grid()->clueCount(), 41);
    QTest::keyClick(m_window, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(session->grid()->clueCount(), 40);
    QTest::keyClick(m_window, Qt::Key_Return);
    QVERIFY(session->isSolving());
    QTRY_COMPARE(session->tone(), QStringLiteral("good"));
    QQuickItem* verdict = itemBelow(pageItem("reason"), "verdict");
    QVERIFY(verdict && verdict->isVisible());
    QVERIFY(!m_window->grabWindow().isNull());
    QCOMPARE(g_warnings, QStringList());
  }

  void opensThePaletteAndGoesWhereItSays() {
    QTest::keyClick(m_window, Qt::Key_K, Qt::ControlModifier);
    QTest::qWait(50);  // the popup takes the focus with its first frame
    for (const char letter : {'s', 'e', 'r', 'v'}) {
      QTest::keyClick(m_window, letter);
    }
    QTest::keyClick(m_window, Qt::Key_Return);
    QTRY_VERIFY(pageItem("server")->isVisible());
  }

  void changesTheLanguageWhileItRuns() {
    g_warnings.clear();
    m_context->settings()->setLanguage("de");
    QTRY_COMPARE(m_window->property("pages").toList().last().toMap()["title"].toString(),
                 QStringLiteral("Einstellungen"));
    for (const QString& name : pageNames()) {
      showPage(m_qml.get(), name);
      QVERIFY(!m_window->grabWindow().isNull());
    }
    QCOMPARE(g_warnings, QStringList());
  }

  void cleanupTestCase() {
    m_qml.reset();
    m_context->engine()->close();
    m_context.reset();
  }

 private:
  QStringList pageNames() const {
    QStringList names;
    for (const QVariant& page : m_window->property("pages").toList()) {
      names.append(page.toMap()["name"].toString());
    }
    return names;
  }
  QQuickItem* pageItem(const QString& name) const {
    return itemBelow(m_window->contentItem(), "page-" + name);
  }

  QTemporaryDir m_folder;
  FakeEngine m_fake;
  std::unique_ptr<AppContext> m_context;
  std::unique_ptr<QQmlApplicationEngine> m_qml;
  QQuickWindow* m_window = nullptr;
};

int main(int argc, char* argv[]) {
  QApplication application(argc, argv);
  WindowTest test;
  return QTest::qExec(&test, argc, argv);
}

#include "window_test.moc"
