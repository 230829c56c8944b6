// SPDX-License-Identifier: GPL-3.0-or-later
// Chat by real wheel, keys and clicks, in German: scrolling, leaving the field, a full disk, who
// answers a new chat, narrow windows, how an answer looks.
#include <QJsonDocument>
#include <QJsonObject>
#include <QQuickTextDocument>
#include <QSqlDatabase>
#include <QSqlQuery>
#include <QTest>
#include <QTextBlock>
#include <QTextTable>

#include "app/chat/chat_session.h"
#include "tests/support/test_window.h"

namespace {

constexpr const char* kAnswer =
    "Erste Zeile\nzweite Zeile, siehe [Handbuch](https://example.org/)\n\n"
    "- ein Punkt\n- noch einer\n\n"
    "| Modell | Schritte | Verlust |\n|---|---:|---:|\n| klein | 200 | 2,41 |\n"
    "| gross | 400 | 1,97 |\n\n"
    "```python\nprint('Gans')\n```\n\n`code` und **fett**.";

// WCAG 2.1, relative luminance and contrast.
double luminance(const QColor& color) {
  const auto linear = [](double c) {
    return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}
double contrast(const QColor& a, const QColor& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

StoredMessage message(const QString& role, const QString& text, qint64 parent,
                      const QString& model = {}) {
  StoredMessage made;
  made.parent = parent;
  made.role = role;
  made.text = text;
  made.state = QStringLiteral("complete");
  made.model = model;
  return made;
}

qint64 addChat(ChatStore* store, const QString& title, int turns, const QString& answer,
               const QString& model = QStringLiteral("greylag-tiny")) {
  const QByteArray options = QJsonDocument(QJsonObject{{"target", model}}).toJson();
  const qint64 id = store->addConversation(title, options);
  qint64 leaf = 0;
  for (int i = 0; i < turns; ++i) {
    leaf = store->addMessage(id, message("user", "Was ist eine Graugans?", leaf));
    leaf = store->addMessage(id, message("assistant", answer, leaf, model));
  }
  store->setLeaf(id, leaf);
  return id;
}

}  // namespace

class ChatWindowTest : public QObject {
  Q_OBJECT

 private slots:
  void init() {
    m_test = std::make_unique<TestWindow>();
    m_test->open();
  }
  void cleanup() {
    QCOMPARE(m_test->warnings().join('\n'), QString());
    m_test.reset();
  }

  void theWheelScrollsTheChat() {
    openChat(20, QString::fromUtf8(kAnswer));
    QQuickItem* list = messages();
    QTRY_VERIFY(list->property("atYEnd").toBool());
    const double end = list->property("contentY").toDouble();
    m_test->wheel(list, 5);
    QTRY_VERIFY(list->property("contentY").toDouble() < end - 50);
    QTRY_VERIFY(!list->property("moving").toBool());
    // What arrives meanwhile does not pull the reader away.
    const double here = list->property("contentY").toDouble();
    session()->regenerate(session()
                              ->messages()
                              ->data(session()->messages()->index(39), MessageModel::IdRole)
                              .toLongLong());
    QTRY_VERIFY(!session()->isAnswering());
    QVERIFY(here < end);
    for (int i = 0; i < 60 && !list->property("atYEnd").toBool(); ++i) {
      m_test->wheel(list, -2);
      QTest::qWait(30);
    }
    QVERIFY(list->property("atYEnd").toBool());
  }

  void theWheelScrollsTheChatOverCodeToo() {
    openChat(20, "```\n" + QStringLiteral("long line of code ").repeated(30) + "\n```");
    QQuickItem* list = messages();
    QTRY_VERIFY(list->property("atYEnd").toBool());
    const double end = list->property("contentY").toDouble();
    const auto code = m_test->all(
        [](QQuickItem* item) { return item->inherits("QQuickFlickable") && item->height() < 200; },
        list);
    QVERIFY(!code.isEmpty());
    m_test->wheel(code.last(), 5);
    QTRY_VERIFY(list->property("contentY").toDouble() < end - 50);
  }

  void thePageKeysScrollTheChatWhileTheFieldHasTheFocus() {
    openChat(20, QString::fromUtf8(kAnswer));
    QQuickItem* list = messages();
    QTRY_VERIFY(list->property("atYEnd").toBool());
    const double end = list->property("contentY").toDouble();
    m_test->key(Qt::Key_PageUp);
    QTRY_VERIFY(list->property("contentY").toDouble() < end - 200);
    for (int i = 0; i < 3; ++i) m_test->key(Qt::Key_PageDown);
    QTRY_VERIFY(list->property("atYEnd").toBool());
  }

  // Forwards and backwards, from every page, also after Chat was shown.
  void tabReachesEveryPageAndLeavesTheMessageField() {
    m_test->go("chat");
    for (const Qt::Key key : {Qt::Key_Tab, Qt::Key_Backtab}) {
      for (const QString& name : m_test->pageNames()) {
        m_test->go(name);
        QQuickItem* page = m_test->page(name);
        bool wasInside = false, wasOutside = false;
        // More keys than stops: while a page fills itself, the way through it grows.
        for (int i = 0; i < 400 && !(wasInside && wasOutside); ++i) {
          m_test->key(key);
          QQuickItem* focus = m_test->window()->activeFocusItem();
          QVERIFY2(focus && focus->isVisible(), qPrintable(name));
          (page->isAncestorOf(focus) ? wasInside : wasOutside) = true;
        }
        QVERIFY2(wasInside && wasOutside, qPrintable(name));
      }
    }
  }

  void aFullDiskKeepsTheTypedMessage() {
    const qint64 old = addChat(m_test->chats(), "alt", 1, "Antwort");
    openChat(old);
    limitPages("PRAGMA max_page_count = 1");
    QQuickItem* field = input();
    const QString text = QString("Gans ").repeated(2000);
    field->setProperty("text", text);
    m_test->key(Qt::Key_Return);
    QCOMPARE(field->property("text").toString(), text);
    QTRY_VERIFY(m_test->shows(QStringLiteral("Datenträger ist voll")));
    QVERIFY(!m_test->shows(QStringLiteral("constraint")));
    QCOMPARE(session()->messages()->count(), 2);
    QCOMPARE(m_test->chats()->messages(old).size(), 2);
    m_test->key(Qt::Key_N, Qt::ControlModifier);  // a new chat has no row to begin with
    QCOMPARE(field->property("text").toString(), text);
    m_test->key(Qt::Key_Return);
    QCOMPARE(m_test->chats()->conversations().size(), 1);
    limitPages("PRAGMA max_page_count = 1000000");
    m_test->key(Qt::Key_Return);
    QCOMPARE(field->property("text").toString(), QString());
    QTRY_COMPARE(session()->messages()->count(), 2);
    QCOMPARE(m_test->chats()->conversations().size(), 2);
    QTRY_VERIFY(!session()->isAnswering());
  }

  void aNewChatHasNoSystemPromptThatNobodySees() {
    openChat(1, "Antwort");
    session()->options()->setProperty("systemPrompt", "Antworte auf Latein.");
    m_test->window()->resize(700, 640);
    QTRY_VERIFY(m_test->shows(QStringLiteral("Systemvorgabe")));  // a chat that has one says so
    m_test->shoot("chat-narrow-prompt");
    m_test->key(Qt::Key_N, Qt::ControlModifier);
    QCOMPARE(session()->options()->systemPrompt(), QString());
    QVERIFY(!m_test->shows(QStringLiteral("Systemvorgabe")));
    ask("Hallo");
    QVERIFY(!lastChatBody().contains("Latein"));
  }

  void aConfigurationsPromptLeavesWithIt() {
    m_test->go("chat", "{isNew: true}");
    QTRY_VERIFY(canSend());
    session()->chooseTarget("Patient helper");
    QCOMPARE(session()->options()->systemPrompt(), QStringLiteral("Answer briefly and kindly."));
    m_test->key(Qt::Key_N, Qt::ControlModifier);  // stays: the header names it
    QCOMPARE(session()->options()->systemPrompt(), QStringLiteral("Answer briefly and kindly."));
    session()->chooseTarget("greylag-tiny");
    QCOMPARE(session()->options()->systemPrompt(), QString());
  }

  void aNewChatAsksTheModelUsedLast() {
    const QString other = QString::fromStdString(m_test->fake.data.models.models.back().id);
    QVERIFY(other != QStringLiteral("greylag-tiny"));
    addChat(m_test->chats(), "zuletzt", 1, "Antwort", other);
    m_test->context()->settings()->remember("chat/last", 0);  // the last one open was empty
    m_test->close();
    m_test->fake.data.runs.runs.clear();  // else Home speaks of those
    m_test->open();
    QTRY_VERIFY(m_test->shows(other));  // Home offers the same
    m_test->key(Qt::Key_N, Qt::ControlModifier);
    ask("Hallo");
    QVERIFY(lastChatBody().contains(other.toUtf8()));
  }

  void aNarrowWindowStillHasItsConversations() {
    const qint64 first = addChat(m_test->chats(), "Eine alte Unterhaltung", 1, "Antwort");
    openChat(addChat(m_test->chats(), "neu", 1, "Antwort"));
    m_test->window()->resize(700, 640);
    QTRY_VERIFY(!m_test->named("Eine alte Unterhaltung"));
    QQuickItem* button = m_test->named(QStringLiteral("Gespräche"), m_test->page("chat"));
    m_test->click(button);
    QTRY_VERIFY(m_test->named("Eine alte Unterhaltung"));
    m_test->shoot("chat-narrow-list");
    m_test->key(Qt::Key_Escape);
    QTRY_VERIFY(!m_test->named("Eine alte Unterhaltung"));
    button->forceActiveFocus(Qt::TabFocusReason);  // and by keyboard
    m_test->key(Qt::Key_Return);
    QTRY_VERIFY(m_test->named("Eine alte Unterhaltung"));
    QTest::qWait(200);  // it has come in
    m_test->click(m_test->named("Eine alte Unterhaltung"));
    QCOMPARE(session()->conversationId(), first);
    QTRY_VERIFY(!m_test->named("Eine alte Unterhaltung"));
  }

  void answersKeepTheirLineBreaksTablesAndLinks_data() {
    QTest::addColumn<QString>("theme");
    QTest::newRow("light") << "light";
    QTest::newRow("dark") << "dark";
  }
  void answersKeepTheirLineBreaksTablesAndLinks() {
    QFETCH(QString, theme);
    m_test->context()->settings()->setTheme(theme);
    openChat(1, QString::fromUtf8(kAnswer));
    const auto texts = m_test->all(
        [](QQuickItem* item) {
          return item->inherits("QQuickTextEdit") && item->property("readOnly").toBool();
        },
        messages());
    const QColor background = m_test->window()->color();
    bool hasLink = false, hasTable = false, hasBreak = false;
    for (QQuickItem* edit : texts) {
      auto* document = edit->property("textDocument").value<QQuickTextDocument*>()->textDocument();
      for (QTextBlock block = document->begin(); block.isValid(); block = block.next()) {
        hasBreak = hasBreak || block.text().contains(QStringLiteral("Erste Zeile\u2028zweite"));
        for (auto it = block.begin(); !it.atEnd(); ++it) {
          const QTextCharFormat format = it.fragment().charFormat();
          if (!format.isAnchor()) continue;
          hasLink = true;
          QVERIFY2(contrast(format.foreground().color(), background) >= 4.5,
                   qPrintable(format.foreground().color().name()));
        }
      }
      for (QTextFrame* frame : document->rootFrame()->childFrames()) {
        auto* table = qobject_cast<QTextTable*>(frame);
        if (!table) continue;
        hasTable = true;
        QVERIFY(table->format().borderCollapse());
        QVERIFY(table->format().cellPadding() >= 4);
        QVERIFY(contrast(table->format().borderBrush().color(), background) < 4);  // a quiet line
      }
    }
    QVERIFY(hasBreak);
    QVERIFY(hasLink);
    QVERIFY(hasTable);
    m_test->shoot("chat-answer-" + theme);
  }

  void anAnswerSaysWhichAdapterWroteIt() {
    m_test->go("chat", "{isNew: true, model: 'greylag-tiny', adapter: 'questions@150'}");
    ask("Hallo");
    session()->chooseAdapter({});
    QTRY_VERIFY(m_test->shows(QStringLiteral("questions@150"), messages()));
    const qint64 id = session()->conversationId();
    m_test->close();  // kept
    m_test->open();
    openChat(id);
    QTRY_VERIFY(m_test->shows(QStringLiteral("questions@150"), messages()));
  }

  void homePromisesNothingThatIsNotThere() {
    m_test->go("home");
    QTRY_VERIFY(m_test->shows("hat gelernt"));
    QVERIFY(!m_test->shows("vergleich"));
    QVERIFY(!m_test->shows("Vergleich"));
    m_test->shoot("home");
  }

  void freeSpaceIsAskedForAgain() {
    m_test->go("home");
    m_test->fake.data.status.disk_free_bytes = 41'000'000;
    QTRY_VERIFY_WITH_TIMEOUT(m_test->shows(QStringLiteral("41,0 MB frei")), 20'000);
  }

 private:
  ChatSession* session() { return m_test->page("chat")->findChild<ChatSession*>(); }
  QQuickItem* messages() {
    return m_test
        ->all([](QQuickItem* item) { return item->property("isFollowing").isValid(); },
              m_test->page("chat"))
        .value(0);
  }
  QQuickItem* input() {
    QQuickItem* item = m_test->window()->activeFocusItem();
    return item && item->inherits("QQuickTextArea") ? item : nullptr;
  }
  void openChat(qint64 id) {
    m_test->go("chat", QStringLiteral("{conversation: %1}").arg(id));
    QTRY_VERIFY(input());
    QTRY_VERIFY(canSend());
  }
  bool canSend() {
    return !m_test->all([](QQuickItem* item) { return item->property("canSend").toBool(); })
                .isEmpty();
  }
  void openChat(int turns, const QString& answer) {
    openChat(addChat(m_test->chats(), "Gänse", turns, answer));
  }
  void ask(const QString& text) {
    QTRY_VERIFY(input());
    QTRY_VERIFY(canSend());
    m_test->type(text);
    m_test->key(Qt::Key_Return);
    QTRY_COMPARE(session()->messages()->count(), 2);
    QTRY_VERIFY(!session()->isAnswering());
  }
  QByteArray lastChatBody() {
    QByteArray body;
    for (const FakeRequest& request : m_test->fake.requests) {
      if (request.path == QLatin1String("/v1/chat/completions")) body = request.body;
    }
    return body;
  }
  // What SQLite answers when a disk is full, SQLITE_FULL, without filling one.
  void limitPages(const QString& pragma) {
    for (const QString& name : QSqlDatabase::connectionNames()) {
      QSqlQuery query(QSqlDatabase::database(name));
      QVERIFY(query.exec(pragma));
    }
  }

  std::unique_ptr<TestWindow> m_test;
};

int main(int argc, char* argv[]) {
  ChatWindowTest test;
  return runWindowTest(&test, argc, argv);
}
#include "chat_window_test.moc"
