<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>AboutCard</name>
    <message>
        <source>window GPL-3.0-or-later; engine and trainer Apache-2.0</source>
        <translation>Fenster GPL-3.0-or-later; Motor und Trainer Apache-2.0</translation>
    </message>
    <message>
        <source>public domain</source>
        <translation>gemeinfrei</translation>
    </message>
    <message>
        <source>About</source>
        <translation>Über Greylag</translation>
    </message>
    <message>
        <source>Greylag %1. No account, no telemetry; nothing leaves this computer except the downloads and searches that you start.</source>
        <translation>Greylag %1. Kein Konto, keine Telemetrie; nichts verlässt diesen Rechner außer den Downloads und Suchen, die Sie selbst starten.</translation>
    </message>
</context>
<context>
    <name>AdapterListModel</name>
    <message>
        <source>tuned state</source>
        <translation>trainierter Zustand</translation>
    </message>
    <message>
        <source>LoRA, rank %1</source>
        <translation>LoRA, Rang %1</translation>
    </message>
    <message numerus="yes">
        <source>HRM reasoning core, %n cycle(s)</source>
        <translation>
            <numerusform>HRM-Denkkern, %n Zyklus</numerusform>
            <numerusform>HRM-Denkkern, %n Zyklen</numerusform>
        </translation>
    </message>
    <message>
        <source>MiSS, rank %1</source>
        <translation>MiSS, Rang %1</translation>
    </message>
    <message>
        <source>PiSSA, rank %1</source>
        <translation>PiSSA, Rang %1</translation>
    </message>
    <message>
        <source>alpha not known, taken as %1</source>
        <translation>alpha nicht bekannt, als %1 angenommen</translation>
    </message>
    <message>
        <source>alpha %1</source>
        <translation>alpha %1</translation>
    </message>
</context>
<context>
    <name>AdapterRow</name>
    <message>
        <source>its model is not installed</source>
        <translation>das Modell dazu ist nicht installiert</translation>
    </message>
    <message>
        <source>for %1</source>
        <translation>für %1</translation>
    </message>
    <message>
        <source>from a run</source>
        <translation>aus einem Lauf</translation>
    </message>
    <message>
        <source>It goes when its run is deleted, on the Runs page.</source>
        <translation>Verschwindet, wenn der Lauf auf der Seite „Läufe“ gelöscht wird.</translation>
    </message>
    <message>
        <source>kept elsewhere</source>
        <translation>liegt woanders</translation>
    </message>
    <message>
        <source>The engine was told of this file when it was started; delete it in its folder.</source>
        <translation>Diese Datei wurde beim Start der Engine angegeben; sie lässt sich nur in ihrem Ordner löschen.</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chat with %1</source>
        <translation>Mit %1 chatten</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>Set alpha</source>
        <translation>Alpha setzen</translation>
    </message>
    <message>
        <source>The file does not say how strongly it is meant to act.</source>
        <translation>Die Datei sagt nicht, wie stark sie wirken soll.</translation>
    </message>
    <message>
        <source>Set the alpha of %1</source>
        <translation>Alpha von %1 setzen</translation>
    </message>
</context>
<context>
    <name>AlphaDialog</name>
    <message>
        <source>Alpha of %1</source>
        <translation>Alpha von %1</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Set alpha</source>
        <translation>Alpha setzen</translation>
    </message>
    <message>
        <source>A LoRA acts with alpha divided by its rank. Take the lora_alpha that it was trained with; its page or its training script names it. Without it the scale is 1.</source>
        <translation>Ein LoRA wirkt mit Alpha geteilt durch seinen Rang. Nehmen Sie das lora_alpha, mit dem es trainiert wurde; seine Seite oder das Trainingsskript nennt es. Ohne Angabe ist der Faktor 1.</translation>
    </message>
    <message>
        <source>Alpha</source>
        <translation>Alpha</translation>
    </message>
</context>
<context>
    <name>AnswerCard</name>
    <message>
        <source>Answer</source>
        <translation>Antwort</translation>
    </message>
    <message>
        <source>The puzzle</source>
        <translation>Das Rätsel</translation>
    </message>
    <message>
        <source>Segment %1</source>
        <translation>Segment %1</translation>
    </message>
    <message>
        <source>Segment %1 of %2</source>
        <translation>Segment %1 von %2</translation>
    </message>
    <message>
        <source>The model fills the whole grid at once and then thinks it over, segment by segment. Here you see how sure it is and what it changes.</source>
        <translation>Das Modell füllt das ganze Gitter auf einmal und überdenkt es dann, Segment für Segment. Hier sehen Sie, wie sicher es ist und was es ändert.</translation>
    </message>
    <message>
        <source>Segments so far</source>
        <translation>Segmente bisher</translation>
    </message>
    <message>
        <source>Try with more segments and attempts</source>
        <translation>Mit mehr Segmenten und Versuchen</translation>
    </message>
</context>
<context>
    <name>AnswerDelegate</name>
    <message numerus="yes">
        <source>%n token(s)</source>
        <translation>
            <numerusform>%n Token</numerusform>
            <numerusform>%n Tokens</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 tok/s</source>
        <translation>%1 Tok/s</translation>
    </message>
    <message>
        <source>%1 % of this machine&apos;s limit</source>
        <translation>%1 % der Grenze dieses Rechners</translation>
    </message>
    <message>
        <source>first after %1 ms</source>
        <translation>erstes nach %1 ms</translation>
    </message>
    <message>
        <source>Answer: %1</source>
        <translation>Antwort: %1</translation>
    </message>
    <message>
        <source>Reading …</source>
        <translation>Liest …</translation>
    </message>
    <message>
        <source>Interrupted. What had arrived is kept.</source>
        <translation>Unterbrochen. Was schon da war, ist gesichert.</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>Antwort kopieren</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
    <message>
        <source>Another answer</source>
        <translation>Eine andere Antwort</translation>
    </message>
    <message>
        <source>Continue</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>The limit of tokens was reached.</source>
        <translation>Die Höchstzahl an Tokens ist erreicht.</translation>
    </message>
    <message>
        <source>How much of this machine&apos;s memory bandwidth was used. Every step reads the whole model from memory, once for all answers that are being written: that limits the speed.</source>
        <translation>So viel der Speicherbandbreite dieses Rechners wurde genutzt. Jeder Schritt liest das ganze Modell aus dem Speicher, einmal für alle Antworten, die gerade geschrieben werden: das begrenzt die Geschwindigkeit.</translation>
    </message>
    <message>
        <source>%1 with %2</source>
        <translation>%1 mit %2</translation>
    </message>
</context>
<context>
    <name>AnswerStream</name>
    <message>
        <source>The answer broke off.</source>
        <translation>Die Antwort ist abgebrochen.</translation>
    </message>
</context>
<context>
    <name>AppInfo</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 B</source>
        <translation>%1 Mrd.</translation>
    </message>
    <message>
        <source>%1 M</source>
        <translation>%1 Mio.</translation>
    </message>
    <message>
        <source>%1 K</source>
        <translation>%1 Tsd.</translation>
    </message>
    <message>
        <source>just now</source>
        <translation>gerade eben</translation>
    </message>
    <message>
        <source>%1 min ago</source>
        <translation>vor %1 min</translation>
    </message>
    <message>
        <source>yesterday</source>
        <translation>gestern</translation>
    </message>
</context>
<context>
    <name>AppearanceCard</name>
    <message>
        <source>Appearance</source>
        <translation>Aussehen</translation>
    </message>
    <message>
        <source>Language</source>
        <translation>Sprache</translation>
    </message>
    <message>
        <source>System</source>
        <translation>System</translation>
    </message>
    <message>
        <source>Theme</source>
        <translation>Farben</translation>
    </message>
    <message>
        <source>Light</source>
        <translation>Hell</translation>
    </message>
    <message>
        <source>Dark</source>
        <translation>Dunkel</translation>
    </message>
    <message>
        <source>Size of the text</source>
        <translation>Schriftgröße</translation>
    </message>
    <message>
        <source>Ctrl++ and Ctrl+- change it everywhere.</source>
        <translation>Strg++ und Strg+- ändern sie überall.</translation>
    </message>
</context>
<context>
    <name>BranchSwitcher</name>
    <message>
        <source>Earlier version</source>
        <translation>Frühere Fassung</translation>
    </message>
    <message>
        <source>Later version</source>
        <translation>Spätere Fassung</translation>
    </message>
</context>
<context>
    <name>CatalogueCard</name>
    <message>
        <source>vocabulary</source>
        <translation>Vokabular</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
    <message>
        <source>licence: %1</source>
        <translation>Lizenz: %1</translation>
    </message>
    <message>
        <source>There is not enough free space on this disk for it.</source>
        <translation>Auf diesem Datenträger ist dafür nicht genug Platz.</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>in the queue</source>
        <translation>in der Warteschlange</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download %1, %2</source>
        <translation>%1 herunterladen, %2</translation>
    </message>
    <message>
        <source>fits this machine</source>
        <translation>passt auf diesen Rechner</translation>
    </message>
    <message>
        <source>just fits this machine</source>
        <translation>passt knapp auf diesen Rechner</translation>
    </message>
    <message>
        <source>too large for this machine&apos;s memory</source>
        <translation>zu groß für den Speicher dieses Rechners</translation>
    </message>
    <message>
        <source>verified by the hash that the host states</source>
        <translation>geprüft mit der Prüfsumme, die der Anbieter nennt</translation>
    </message>
    <message>
        <source>Download %1</source>
        <translation>%1 herunterladen</translation>
    </message>
</context>
<context>
    <name>CatalogueView</name>
    <message>
        <source>Downloads</source>
        <translation>Downloads</translation>
    </message>
    <message>
        <source>They go on while this page is closed, and after a restart from where they were.</source>
        <translation>Sie laufen weiter, wenn diese Seite geschlossen ist, und setzen nach einem Neustart dort fort, wo sie waren.</translation>
    </message>
    <message>
        <source>The catalogue is empty</source>
        <translation>Der Katalog ist leer</translation>
    </message>
    <message>
        <source>Use “Download from a link” with a link and its SHA-256, or import a file.</source>
        <translation>Nutzen Sie „Von einem Link herunterladen“ mit Link und SHA-256, oder importieren Sie eine Datei.</translation>
    </message>
</context>
<context>
    <name>ChartView</name>
    <message>
        <source>Show all</source>
        <translation>Alle zeigen</translation>
    </message>
</context>
<context>
    <name>ChatHeader</name>
    <message>
        <source>Model or configuration</source>
        <translation>Modell oder Konfiguration</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>Waiting for the engine …</source>
        <translation>Wartet auf den Motor …</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>Options of this chat</source>
        <translation>Optionen dieses Chats</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>Gespräche</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemvorgabe</translation>
    </message>
</context>
<context>
    <name>ChatPage</name>
    <message>
        <source>No model yet</source>
        <translation>Noch kein Modell</translation>
    </message>
    <message>
        <source>Say something</source>
        <translation>Schreiben Sie etwas</translation>
    </message>
    <message>
        <source>Get a model from the catalogue or import a file, then chat with it here.</source>
        <translation>Holen Sie ein Modell aus dem Katalog oder importieren Sie eine Datei; dann können Sie hier damit chatten.</translation>
    </message>
    <message>
        <source>Everything stays on this computer. Your conversations are saved as you write.</source>
        <translation>Alles bleibt auf diesem Rechner. Ihre Gespräche werden laufend gespeichert.</translation>
    </message>
    <message>
        <source>Open Models</source>
        <translation>Modelle öffnen</translation>
    </message>
</context>
<context>
    <name>ChatStore</name>
    <message>
        <source>The file of your chats cannot be opened: %1</source>
        <translation>Die Datei Ihrer Chats lässt sich nicht öffnen: %1</translation>
    </message>
    <message>
        <source>The file of your chats cannot be read: %1</source>
        <translation>Die Datei Ihrer Chats lässt sich nicht lesen: %1</translation>
    </message>
    <message>
        <source>Your chats were written by a later version of Greylag. Update the program.</source>
        <translation>Ihre Chats stammen von einer neueren Version von Greylag. Bitte aktualisieren Sie das Programm.</translation>
    </message>
    <message>
        <source>The chat could not be saved: %1</source>
        <translation>Der Chat konnte nicht gespeichert werden: %1</translation>
    </message>
    <message>
        <source>The disk is full, so the chat cannot be saved. Make some room, then try again.</source>
        <translation>Der Datenträger ist voll, daher lässt sich das Gespräch nicht sichern. Schaffen Sie Platz und versuchen Sie es dann erneut.</translation>
    </message>
</context>
<context>
    <name>ChatTargets</name>
    <message>
        <source>built in</source>
        <translation>mitgeliefert</translation>
    </message>
    <message>
        <source>Configuration · %1</source>
        <translation>Konfiguration · %1</translation>
    </message>
    <message>
        <source>No adapter</source>
        <translation>Kein Adapter</translation>
    </message>
    <message>
        <source>the model as it is</source>
        <translation>das Modell, wie es ist</translation>
    </message>
</context>
<context>
    <name>CheckStep</name>
    <message>
        <source>Is the data what you think it is?</source>
        <translation>Sind die Daten das, was Sie erwarten?</translation>
    </message>
    <message>
        <source>Check again</source>
        <translation>Erneut prüfen</translation>
    </message>
    <message>
        <source>After mending the file</source>
        <translation>Nachdem die Datei berichtigt ist</translation>
    </message>
    <message>
        <source>Reading %1 and counting its tokens…</source>
        <translation>Liest %1 und zählt die Tokens…</translation>
    </message>
    <message>
        <source>rows</source>
        <translation>Zeilen</translation>
    </message>
    <message>
        <source>usable rows</source>
        <translation>brauchbare Zeilen</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>learned tokens</source>
        <translation>gelernte Tokens</translation>
    </message>
    <message>
        <source>longest, in tokens</source>
        <translation>längste, in Tokens</translation>
    </message>
    <message>
        <source>Samples by length in tokens</source>
        <translation>Beispiele nach Länge in Tokens</translation>
    </message>
</context>
<context>
    <name>CheckpointTable</name>
    <message>
        <source>Checkpoints</source>
        <translation>Sicherungspunkte</translation>
    </message>
    <message>
        <source>Step %1</source>
        <translation>Schritt %1</translation>
    </message>
    <message>
        <source>not validated</source>
        <translation>nicht validiert</translation>
    </message>
    <message>
        <source>validation loss %1</source>
        <translation>Validierungsverlust %1</translation>
    </message>
    <message>
        <source>best</source>
        <translation>bester</translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation>Damit chatten</translation>
    </message>
    <message>
        <source>Chat with the checkpoint of step %1</source>
        <translation>Mit dem Sicherungspunkt von Schritt %1 chatten</translation>
    </message>
    <message>
        <source>Install as a model…</source>
        <translation>Als Modell installieren…</translation>
    </message>
    <message>
        <source>Merge…</source>
        <translation>Verschmelzen…</translation>
    </message>
    <message>
        <source>Install the checkpoint of step %1 as a model</source>
        <translation>Den Sicherungspunkt von Schritt %1 als Modell installieren</translation>
    </message>
    <message>
        <source>Merge the checkpoint of step %1 into a model</source>
        <translation>Den Sicherungspunkt von Schritt %1 zu einem Modell verschmelzen</translation>
    </message>
</context>
<context>
    <name>CodeBlock</name>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Copy the code</source>
        <translation>Code kopieren</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
</context>
<context>
    <name>CommandPalette</name>
    <message>
        <source>Go to a page or do something …</source>
        <translation>Zu einer Seite gehen oder etwas tun …</translation>
    </message>
</context>
<context>
    <name>Composer</name>
    <message>
        <source>Your message</source>
        <translation>Ihre Nachricht</translation>
    </message>
    <message>
        <source>Write a message …</source>
        <translation>Nachricht schreiben …</translation>
    </message>
    <message>
        <source>Stop (Escape)</source>
        <translation>Anhalten (Esc)</translation>
    </message>
    <message>
        <source>Send (Enter)</source>
        <translation>Senden (Eingabe)</translation>
    </message>
</context>
<context>
    <name>ConfigurationDialog</name>
    <message>
        <source>Give it a name.</source>
        <translation>Geben Sie einen Namen an.</translation>
    </message>
    <message>
        <source>This name exists already.</source>
        <translation>Diesen Namen gibt es schon.</translation>
    </message>
    <message>
        <source>A model has this name.</source>
        <translation>Ein Modell heißt schon so.</translation>
    </message>
    <message>
        <source>Choose a model.</source>
        <translation>Wählen Sie ein Modell.</translation>
    </message>
    <message>
        <source>New configuration</source>
        <translation>Neue Konfiguration</translation>
    </message>
    <message>
        <source>Edit configuration</source>
        <translation>Konfiguration bearbeiten</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>Speichern</translation>
    </message>
    <message>
        <source>Name, for example “Patient helper”</source>
        <translation>Name, zum Beispiel „Geduldiger Helfer“</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Adapter</source>
        <translation>Adapter</translation>
    </message>
    <message>
        <source>No adapter</source>
        <translation>Kein Adapter</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemvorgabe</translation>
    </message>
    <message>
        <source>System prompt: who the model is and how it should answer.</source>
        <translation>Systemvorgabe: wer das Modell ist und wie es antworten soll.</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Wiederkehr-Abzug</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Häufigkeits-Abzug</translation>
    </message>
    <message>
        <source>Longest answer in tokens</source>
        <translation>Längste Antwort in Tokens</translation>
    </message>
</context>
<context>
    <name>ConfigurationsCard</name>
    <message>
        <source>Configurations</source>
        <translation>Konfigurationen</translation>
    </message>
    <message>
        <source>A model with its adapter, system prompt and sampler under one name. Chat and other programs use it like a model.</source>
        <translation>Ein Modell mit Adapter, Systemvorgabe und Wortwahl unter einem Namen. Chat und andere Programme nutzen sie wie ein Modell.</translation>
    </message>
    <message>
        <source>“%1” is saved.</source>
        <translation>„%1“ ist gespeichert.</translation>
    </message>
    <message>
        <source>Delete “%1”?</source>
        <translation>„%1“ löschen?</translation>
    </message>
    <message>
        <source>Programs that ask for it by name are refused. The model and the adapter stay.</source>
        <translation>Programme, die sie beim Namen verlangen, werden abgewiesen. Modell und Adapter bleiben.</translation>
    </message>
    <message>
        <source>temperature %1</source>
        <translation>Temperatur %1</translation>
    </message>
    <message>
        <source>Edit %1</source>
        <translation>%1 bearbeiten</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>New configuration</source>
        <translation>Neue Konfiguration</translation>
    </message>
</context>
<context>
    <name>ConfirmDialog</name>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
</context>
<context>
    <name>ConversationList</name>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Search chats</source>
        <translation>Chats durchsuchen</translation>
    </message>
    <message>
        <source>Conversations</source>
        <translation>Gespräche</translation>
    </message>
    <message>
        <source>Chat deleted.</source>
        <translation>Chat gelöscht.</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Your chats appear here.</source>
        <translation>Hier erscheinen Ihre Chats.</translation>
    </message>
    <message>
        <source>No chat contains these words.</source>
        <translation>Kein Chat enthält diese Wörter.</translation>
    </message>
</context>
<context>
    <name>ConversationRow</name>
    <message>
        <source>Name of the chat</source>
        <translation>Name des Chats</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Rename</source>
        <translation>Umbenennen</translation>
    </message>
    <message>
        <source>Delete</source>
        <translation>Löschen</translation>
    </message>
</context>
<context>
    <name>ConversionCard</name>
    <message>
        <source>Converting to %1</source>
        <translation>Umwandeln in %1</translation>
    </message>
    <message>
        <source>Stop converting; doing it again goes on from here</source>
        <translation>Umwandeln anhalten; ein neuer Anlauf macht hier weiter</translation>
    </message>
    <message>
        <source>Progress of the conversion</source>
        <translation>Fortschritt der Umwandlung</translation>
    </message>
</context>
<context>
    <name>ConvertDialog</name>
    <message>
        <source>Convert %1</source>
        <translation>%1 umwandeln</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Convert</source>
        <translation>Umwandeln</translation>
    </message>
    <message>
        <source>The result is a new model in your library; this one stays as it is.</source>
        <translation>Das Ergebnis ist ein neues Modell in Ihrer Bibliothek; dieses bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>File format</source>
        <translation>Dateiformat</translation>
    </message>
    <message>
        <source>Opens in llama.cpp and the programs made on it, with its vocabulary inside.</source>
        <translation>Öffnet sich in llama.cpp und den Programmen, die darauf bauen; das Vokabular ist enthalten.</translation>
    </message>
    <message>
        <source>What PyTorch and the RWKV tools read; unquantised only.</source>
        <translation>Was PyTorch und die RWKV-Werkzeuge lesen; nur unquantisiert.</translation>
    </message>
    <message>
        <source>Holds every number format. Quantised ones are for Greylag alone.</source>
        <translation>Fasst jedes Zahlenformat. Quantisierte sind nur für Greylag.</translation>
    </message>
    <message>
        <source>Number format</source>
        <translation>Zahlenformat</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Name of the new model</source>
        <translation>Name des neuen Modells</translation>
    </message>
</context>
<context>
    <name>DataCheck</name>
    <message>
        <source>not JSON</source>
        <translation>kein JSON</translation>
    </message>
    <message>
        <source>not an object</source>
        <translation>kein Objekt</translation>
    </message>
    <message>
        <source>unknown shape</source>
        <translation>unbekannte Form</translation>
    </message>
    <message>
        <source>not UTF-8</source>
        <translation>kein UTF-8</translation>
    </message>
    <message>
        <source>empty answer</source>
        <translation>leere Antwort</translation>
    </message>
    <message>
        <source>wrong roles</source>
        <translation>falsche Rollen</translation>
    </message>
    <message>
        <source>empty text</source>
        <translation>leerer Text</translation>
    </message>
    <message>
        <source>too long</source>
        <translation>zu lang</translation>
    </message>
    <message>
        <source>duplicate</source>
        <translation>doppelt</translation>
    </message>
    <message>
        <source>bad tokens</source>
        <translation>falsche Tokens</translation>
    </message>
    <message>
        <source>ambiguous</source>
        <translation>mehrdeutig</translation>
    </message>
    <message>
        <source>broken table</source>
        <translation>kaputte Tabelle</translation>
    </message>
    <message>
        <source>will be cut</source>
        <translation>wird geschnitten</translation>
    </message>
    <message>
        <source>not text</source>
        <translation>kein Text</translation>
    </message>
    <message>
        <source>preference row</source>
        <translation>Präferenzzeile</translation>
    </message>
    <message>
        <source>not read</source>
        <translation>nicht gelesen</translation>
    </message>
    <message>
        <source>cannot be learned</source>
        <translation>nicht lernbar</translation>
    </message>
    <message>
        <source>JSON Lines, one sample per line</source>
        <translation>JSON Lines, ein Beispiel je Zeile</translation>
    </message>
    <message>
        <source>a JSON list, one sample per entry</source>
        <translation>eine JSON-Liste, ein Beispiel je Eintrag</translation>
    </message>
    <message>
        <source>a table (CSV), one sample per record</source>
        <translation>eine Tabelle (CSV), ein Beispiel je Datensatz</translation>
    </message>
    <message>
        <source>plain text, cut into windows; every token is learned</source>
        <translation>reiner Text, in Fenster geschnitten; jedes Token wird gelernt</translation>
    </message>
    <message>
        <source>%1: %L2</source>
        <translation>%1: %L2</translation>
    </message>
    <message>
        <source>%1 tokens: %2</source>
        <translation>%1 Tokens: %2</translation>
    </message>
    <message>
        <source>learned: %1</source>
        <translation>gelernt: %1</translation>
    </message>
    <message>
        <source>given: %1</source>
        <translation>vorgegeben: %1</translation>
    </message>
</context>
<context>
    <name>DataProblems</name>
    <message numerus="yes">
        <source>%n bad row(s)</source>
        <translation>
            <numerusform>%n schlechte Zeile</numerusform>
            <numerusform>%n schlechte Zeilen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n warning(s)</source>
        <translation>
            <numerusform>%n Warnung</numerusform>
            <numerusform>%n Warnungen</numerusform>
        </translation>
    </message>
    <message>
        <source>Skip bad rows and learn from the other %1</source>
        <translation>Schlechte Zeilen überspringen und aus den anderen %1 lernen</translation>
    </message>
    <message>
        <source>line %1</source>
        <translation>Zeile %1</translation>
    </message>
    <message>
        <source>Show fewer</source>
        <translation>Weniger zeigen</translation>
    </message>
    <message>
        <source>Show the first %1</source>
        <translation>Die ersten %1 zeigen</translation>
    </message>
    <message>
        <source>Show all %1</source>
        <translation>Alle %1 zeigen</translation>
    </message>
</context>
<context>
    <name>DataStep</name>
    <message>
        <source>Where are the examples?</source>
        <translation>Wo sind die Beispiele?</translation>
    </message>
    <message>
        <source>Drop a file here</source>
        <translation>Datei hier ablegen</translation>
    </message>
    <message>
        <source>or</source>
        <translation>oder</translation>
    </message>
    <message>
        <source>Choose a file…</source>
        <translation>Datei wählen…</translation>
    </message>
    <message>
        <source>Choose another…</source>
        <translation>Andere wählen…</translation>
    </message>
    <message>
        <source>What Greylag reads</source>
        <translation>Was Greylag liest</translation>
    </message>
    <message>
        <source>JSON Lines of conversations. Only the assistant&apos;s words are learned.</source>
        <translation>JSON Lines mit Gesprächen. Nur die Worte des Assistenten werden gelernt.</translation>
    </message>
    <message>
        <source>JSON Lines of tasks. Only the output is learned.</source>
        <translation>JSON Lines mit Aufgaben. Nur die Ausgabe wird gelernt.</translation>
    </message>
    <message>
        <source>JSON Lines of documents. Everything is learned.</source>
        <translation>JSON Lines mit Dokumenten. Alles wird gelernt.</translation>
    </message>
    <message>
        <source>Rows may be one JSON list too, and conversations in ShareGPT&apos;s words or as prompt and completion, question and answer.</source>
        <translation>Zeilen dürfen auch eine JSON-Liste sein, und Gespräche in den Worten von ShareGPT stehen oder als prompt und completion, question und answer.</translation>
    </message>
    <message>
        <source>Tables (CSV, TSV) by the names of their columns.</source>
        <translation>Tabellen (CSV, TSV) nach den Namen ihrer Spalten.</translation>
    </message>
    <message>
        <source>Plain text. Everything is learned; &lt;|endoftext|&gt; ends a document.</source>
        <translation>Reiner Text. Alles wird gelernt; &lt;|endoftext|&gt; beendet ein Dokument.</translation>
    </message>
    <message>
        <source>Training data</source>
        <translation>Trainingsdaten</translation>
    </message>
    <message>
        <source>Training data (*.jsonl *.json *.csv *.tsv *.txt)</source>
        <translation>Trainingsdaten (*.jsonl *.json *.csv *.tsv *.txt)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Use the sample data</source>
        <translation>Beispieldaten nehmen</translation>
    </message>
    <message>
        <source>A few conversations that come with Greylag, for a first try</source>
        <translation>Einige Gespräche, die Greylag mitbringt, für einen ersten Versuch</translation>
    </message>
</context>
<context>
    <name>DownloadListModel</name>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>downloading</source>
        <translation>lädt</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>checking the SHA-256</source>
        <translation>prüft die SHA-256</translation>
    </message>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>SHA-256 as published</source>
        <translation>SHA-256 wie veröffentlicht</translation>
    </message>
    <message>
        <source>SHA-256 as stated by the host</source>
        <translation>SHA-256 wie vom Anbieter genannt</translation>
    </message>
</context>
<context>
    <name>DownloadRow</name>
    <message>
        <source>Pause %1</source>
        <translation>%1 anhalten</translation>
    </message>
    <message>
        <source>Resume %1</source>
        <translation>%1 fortsetzen</translation>
    </message>
    <message>
        <source>Cancel %1</source>
        <translation>%1 abbrechen</translation>
    </message>
</context>
<context>
    <name>EngineCall</name>
    <message>
        <source>The engine could not be reached (%1).</source>
        <translation>Der Motor ist nicht erreichbar (%1).</translation>
    </message>
    <message>
        <source>The engine answered with status %1.</source>
        <translation>Der Motor antwortete mit Status %1.</translation>
    </message>
</context>
<context>
    <name>EngineCard</name>
    <message>
        <source>Engine</source>
        <translation>Motor</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Angehalten</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>Startet</translation>
    </message>
    <message>
        <source>started elsewhere</source>
        <translation>anderswo gestartet</translation>
    </message>
    <message>
        <source>Another window or a terminal started this engine; it goes on when this window closes.</source>
        <translation>Ein anderes Fenster oder ein Terminal hat diesen Motor gestartet; er läuft weiter, wenn dieses Fenster schließt.</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>%1 used, %2 free</source>
        <translation>%1 belegt, %2 frei</translation>
    </message>
    <message>
        <source>Disk</source>
        <translation>Datenträger</translation>
    </message>
    <message>
        <source>%1 free</source>
        <translation>%1 frei</translation>
    </message>
    <message>
        <source>Loaded</source>
        <translation>Geladen</translation>
    </message>
    <message>
        <source>no model yet</source>
        <translation>noch kein Modell</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
</context>
<context>
    <name>EngineChip</name>
    <message numerus="yes">
        <source>%n request(s) running</source>
        <translation>
            <numerusform>%n Anfrage läuft</numerusform>
            <numerusform>%n Anfragen laufen</numerusform>
        </translation>
    </message>
    <message>
        <source>Engine ready</source>
        <translation>Motor bereit</translation>
    </message>
    <message>
        <source>Engine stopped</source>
        <translation>Motor steht</translation>
    </message>
    <message>
        <source>Engine starting</source>
        <translation>Motor startet</translation>
    </message>
</context>
<context>
    <name>EngineForm</name>
    <message>
        <source>Automatic</source>
        <translation>Automatisch</translation>
    </message>
    <message>
        <source>the fastest that works</source>
        <translation>das schnellste, das funktioniert</translation>
    </message>
</context>
<context>
    <name>EngineProcess</name>
    <message>
        <source>The program %1 is missing. Install Greylag again.</source>
        <translation>Das Programm %1 fehlt. Bitte installieren Sie Greylag neu.</translation>
    </message>
    <message>
        <source>The engine crashed.</source>
        <translation>Der Motor ist abgestürzt.</translation>
    </message>
    <message>
        <source>The engine ended with code %1.</source>
        <translation>Der Motor endete mit Code %1.</translation>
    </message>
    <message>
        <source>The engine could not be started: %1</source>
        <translation>Der Motor ließ sich nicht starten: %1</translation>
    </message>
    <message>
        <source>%1 belongs to another version of Greylag. Install both from one package.</source>
        <translation>%1 gehört zu einer anderen Version von Greylag. Installieren Sie beides aus einem Paket.</translation>
    </message>
</context>
<context>
    <name>EngineSettingsCard</name>
    <message>
        <source>Engine</source>
        <translation>Motor</translation>
    </message>
    <message>
        <source>The new settings are used after the engine has been restarted. Runs go on meanwhile.</source>
        <translation>Die neuen Einstellungen gelten nach einem Neustart des Motors. Läufe gehen derweil weiter.</translation>
    </message>
    <message>
        <source>Restart now</source>
        <translation>Jetzt neu starten</translation>
    </message>
    <message>
        <source>Device</source>
        <translation>Gerät</translation>
    </message>
    <message>
        <source>In use: %1</source>
        <translation>In Gebrauch: %1</translation>
    </message>
    <message>
        <source>Processor threads</source>
        <translation>Prozessor-Threads</translation>
    </message>
    <message>
        <source>0 uses all cores.</source>
        <translation>0 nutzt alle Kerne.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Where other programs reach the models, on this computer only.</source>
        <translation>Hier erreichen andere Programme die Modelle, nur auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Model for requests that name none</source>
        <translation>Modell für Anfragen, die keines nennen</translation>
    </message>
    <message>
        <source>The first usable one</source>
        <translation>Das erste brauchbare</translation>
    </message>
    <message>
        <source>Default model</source>
        <translation>Standardmodell</translation>
    </message>
    <message>
        <source>Home folder</source>
        <translation>Datenordner</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Another program uses port %1; at the moment it is %2.</source>
        <translation>Port %1 benutzt ein anderes Programm; zurzeit ist es %2.</translation>
    </message>
</context>
<context>
    <name>EngineState</name>
    <message>
        <source>The engine stopped and is being started again.</source>
        <translation>Der Motor ist stehen geblieben und wird neu gestartet.</translation>
    </message>
    <message>
        <source>The engine is starting.</source>
        <translation>Der Motor startet.</translation>
    </message>
    <message>
        <source>The engine is being started again.</source>
        <translation>Der Motor wird neu gestartet.</translation>
    </message>
    <message>
        <source>The connection to the engine was lost.</source>
        <translation>Die Verbindung zum Motor ist abgerissen.</translation>
    </message>
</context>
<context>
    <name>ExampleCard</name>
    <message>
        <source>Try it</source>
        <translation>Ausprobieren</translation>
    </message>
    <message>
        <source>The copy contains your token.</source>
        <translation>Die Kopie enthält Ihr Token.</translation>
    </message>
    <message>
        <source>Language of the example</source>
        <translation>Sprache des Beispiels</translation>
    </message>
    <message>
        <source>Model or configuration</source>
        <translation>Modell oder Konfiguration</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copied, with the token.</source>
        <translation>Kopiert, mit dem Token.</translation>
    </message>
</context>
<context>
    <name>Figures</name>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
    <message>
        <source>%1 days %2 h</source>
        <translation>%1 Tage %2 h</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
</context>
<context>
    <name>GoalStep</name>
    <message>
        <source>What do you want to teach?</source>
        <translation>Was möchten Sie beibringen?</translation>
    </message>
    <message>
        <source>A style</source>
        <translation>Einen Stil</translation>
    </message>
    <message>
        <source>How it talks: tone, length, politeness, a character.</source>
        <translation>Wie es spricht: Ton, Länge, Höflichkeit, eine Rolle.</translation>
    </message>
    <message>
        <source>Facts or documents</source>
        <translation>Fakten oder Dokumente</translation>
    </message>
    <message>
        <source>What it knows: a product, a field, your notes.</source>
        <translation>Was es weiß: ein Produkt, ein Fachgebiet, Ihre Notizen.</translation>
    </message>
    <message>
        <source>A task with a fixed form</source>
        <translation>Eine Aufgabe mit fester Form</translation>
    </message>
    <message>
        <source>What it does: extract, classify, translate, fill a form.</source>
        <translation>Was es tut: herauslesen, einordnen, übersetzen, ein Formular füllen.</translation>
    </message>
    <message>
        <source>Continue pretraining</source>
        <translation>Vortraining fortsetzen</translation>
    </message>
    <message>
        <source>Much plain text in a language or field it hardly knows.</source>
        <translation>Viel reiner Text in einer Sprache oder einem Gebiet, das es kaum kennt.</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>State tuning</source>
        <translation>Zustand trainieren</translation>
    </message>
    <message>
        <source>Full finetuning</source>
        <translation>Volles Finetuning</translation>
    </message>
    <message>
        <source>For this goal Greylag proposes another method; yours works too.</source>
        <translation>Für dieses Ziel schlägt Greylag ein anderes Verfahren vor; Ihres geht auch.</translation>
    </message>
    <message>
        <source>HRM reasoning core (experimental)</source>
        <translation>HRM-Denkkern (experimentell)</translation>
    </message>
</context>
<context>
    <name>GridLegend</name>
    <message>
        <source>given</source>
        <translation>vorgegeben</translation>
    </message>
    <message>
        <source>unsure</source>
        <translation>unsicher</translation>
    </message>
    <message>
        <source>sure</source>
        <translation>sicher</translation>
    </message>
    <message>
        <source>changed in this segment</source>
        <translation>in diesem Segment geändert</translation>
    </message>
    <message>
        <source>breaks a rule</source>
        <translation>bricht eine Regel</translation>
    </message>
    <message>
        <source>the model disagrees with a given digit</source>
        <translation>das Modell widerspricht einer Vorgabe</translation>
    </message>
</context>
<context>
    <name>GridToolbar</name>
    <message>
        <source>Example</source>
        <translation>Beispiel</translation>
    </message>
    <message>
        <source>Paste</source>
        <translation>Einfügen</translation>
    </message>
    <message>
        <source>A puzzle as text: digits, with a dot or 0 for a blank cell (Ctrl+V)</source>
        <translation>Ein Rätsel als Text: Ziffern, mit einem Punkt oder 0 für ein leeres Feld (Strg+V)</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>Leeren</translation>
    </message>
    <message>
        <source>Undo (Ctrl+Z)</source>
        <translation>Rückgängig (Strg+Z)</translation>
    </message>
    <message>
        <source>Redo (Ctrl+Shift+Z)</source>
        <translation>Wiederholen (Strg+Umschalt+Z)</translation>
    </message>
    <message>
        <source>Copy the answer</source>
        <translation>Antwort kopieren</translation>
    </message>
    <message>
        <source>Copy the puzzle</source>
        <translation>Rätsel kopieren</translation>
    </message>
    <message>
        <source>The answer is copied.</source>
        <translation>Die Antwort ist kopiert.</translation>
    </message>
    <message>
        <source>The puzzle is copied.</source>
        <translation>Das Rätsel ist kopiert.</translation>
    </message>
</context>
<context>
    <name>HomePage</name>
    <message>
        <source>Welcome to Greylag</source>
        <translation>Willkommen bei Greylag</translation>
    </message>
    <message>
        <source>Finetune, chat with and serve RWKV-7 models. Everything stays on this computer.</source>
        <translation>RWKV-7-Modelle nachtrainieren, mit ihnen chatten und sie bereitstellen. Alles bleibt auf diesem Rechner.</translation>
    </message>
</context>
<context>
    <name>HubFileRow</name>
    <message>
        <source>installed</source>
        <translation>installiert</translation>
    </message>
    <message>
        <source>in the queue</source>
        <translation>in der Warteschlange</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Download %1, %2</source>
        <translation>%1 herunterladen, %2</translation>
    </message>
</context>
<context>
    <name>HubRepositoryRow</name>
    <message>
        <source>Open %1, %2</source>
        <translation>%1 öffnen, %2</translation>
    </message>
</context>
<context>
    <name>HubSearchCard</name>
    <message>
        <source>Find more on Hugging Face</source>
        <translation>Mehr auf Hugging Face finden</translation>
    </message>
    <message>
        <source>Words, a repository (owner/name) or its link. Only RWKV-7 models run here; each file is held against the SHA-256 that the host states.</source>
        <translation>Suchwörter, ein Verzeichnis (Besitzer/Name) oder dessen Link. Hier laufen nur RWKV-7-Modelle; jede Datei wird mit der SHA-256 verglichen, die der Anbieter nennt.</translation>
    </message>
    <message>
        <source>Search Hugging Face</source>
        <translation>Hugging Face durchsuchen</translation>
    </message>
    <message>
        <source>for example rwkv7 gguf</source>
        <translation>zum Beispiel rwkv7 gguf</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Asking the host…</source>
        <translation>Der Anbieter wird gefragt …</translation>
    </message>
    <message>
        <source>Back to the repositories</source>
        <translation>Zurück zu den Verzeichnissen</translation>
    </message>
    <message>
        <source>This repository has no model file that can be verified.</source>
        <translation>Dieses Verzeichnis enthält keine Modelldatei, die sich prüfen lässt.</translation>
    </message>
    <message>
        <source>Nothing was found.</source>
        <translation>Nichts gefunden.</translation>
    </message>
</context>
<context>
    <name>HubSearchSession</name>
    <message>
        <source>%1 downloads, %2 likes</source>
        <translation>%1 Downloads, %2 Likes</translation>
    </message>
</context>
<context>
    <name>InspectDialog</name>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Reading the file&apos;s header…</source>
        <translation>Liest den Kopf der Datei…</translation>
    </message>
</context>
<context>
    <name>InstalledModels</name>
    <message>
        <source>No model yet</source>
        <translation>Noch kein Modell</translation>
    </message>
    <message>
        <source>Import a checkpoint that you have, or download one from the catalogue.</source>
        <translation>Importieren Sie einen vorhandenen Checkpoint, oder laden Sie einen aus dem Katalog.</translation>
    </message>
    <message>
        <source>Open the catalogue</source>
        <translation>Katalog öffnen</translation>
    </message>
    <message>
        <source>Looking into the library…</source>
        <translation>Schaut in die Bibliothek…</translation>
    </message>
    <message>
        <source>Delete %1?</source>
        <translation>%1 löschen?</translation>
    </message>
    <message>
        <source>Adapters, tuned states and reasoning cores</source>
        <translation>Adapter, trainierte Zustände und Denkkerne</translation>
    </message>
</context>
<context>
    <name>LinkDialog</name>
    <message>
        <source>Download from a link</source>
        <translation>Von einem Link herunterladen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Download</source>
        <translation>Herunterladen</translation>
    </message>
    <message>
        <source>Link</source>
        <translation>Link</translation>
    </message>
    <message>
        <source>SHA-256 of the file</source>
        <translation>SHA-256 der Datei</translation>
    </message>
    <message>
        <source>File name in the library</source>
        <translation>Dateiname in der Bibliothek</translation>
    </message>
    <message>
        <source>64 digits, or empty for a link of Hugging Face, which states it itself</source>
        <translation>64 Stellen; leer bei einem Link von Hugging Face, das sie selbst nennt</translation>
    </message>
</context>
<context>
    <name>LossChart</name>
    <message>
        <source>step %1: %2</source>
        <translation>Schritt %1: %2</translation>
    </message>
    <message>
        <source>step %1: loss %2</source>
        <translation>Schritt %1: Verlust %2</translation>
    </message>
    <message>
        <source>, smoothed %1</source>
        <translation>, geglättet %1</translation>
    </message>
    <message>
        <source>, validation %1 (step %2)</source>
        <translation>, Validierung %1 (Schritt %2)</translation>
    </message>
    <message>
        <source>no values yet</source>
        <translation>noch keine Werte</translation>
    </message>
    <message numerus="yes">
        <source>%n value(s), newest at %1, lowest %2 at step %3</source>
        <translation>
            <numerusform>%n Wert, neuester %1, niedrigster %2 bei Schritt %3</numerusform>
            <numerusform>%n Werte, neuester %1, niedrigster %2 bei Schritt %3</numerusform>
        </translation>
    </message>
    <message>
        <source>cycle %1 → %2</source>
        <translation>Zyklus %1 → %2</translation>
    </message>
    <message>
        <source>cycle %1</source>
        <translation>Zyklus %1</translation>
    </message>
</context>
<context>
    <name>Main</name>
    <message>
        <source>Home</source>
        <translation>Start</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Train</source>
        <translation>Trainieren</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Light theme</source>
        <translation>Helle Farben</translation>
    </message>
    <message>
        <source>Dark theme</source>
        <translation>Dunkle Farben</translation>
    </message>
    <message>
        <source>Larger text</source>
        <translation>Größere Schrift</translation>
    </message>
    <message>
        <source>Smaller text</source>
        <translation>Kleinere Schrift</translation>
    </message>
    <message>
        <source>Restart the engine</source>
        <translation>Motor neu starten</translation>
    </message>
    <message>
        <source>Quit</source>
        <translation>Beenden</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Reason</source>
        <translation>Denken</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Another program uses port %1. This time your models are reached at port %2; choose another one for good in Settings.</source>
        <translation>Port %1 benutzt ein anderes Programm. Diesmal sind Ihre Modelle unter Port %2 erreichbar; einen anderen für immer wählen Sie in den Einstellungen.</translation>
    </message>
</context>
<context>
    <name>MaskPreview</name>
    <message>
        <source>As the model sees it</source>
        <translation>So sieht es das Modell</translation>
    </message>
    <message>
        <source>learned</source>
        <translation>gelernt</translation>
    </message>
    <message>
        <source>given, not learned</source>
        <translation>vorgegeben, nicht gelernt</translation>
    </message>
    <message>
        <source>Previous sample</source>
        <translation>Voriges Beispiel</translation>
    </message>
    <message>
        <source>line %1</source>
        <translation>Zeile %1</translation>
    </message>
    <message>
        <source>Next sample</source>
        <translation>Nächstes Beispiel</translation>
    </message>
</context>
<context>
    <name>MemoryBar</name>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
</context>
<context>
    <name>MergeDialog</name>
    <message>
        <source>Install step %1 as a model</source>
        <translation>Schritt %1 als Modell installieren</translation>
    </message>
    <message>
        <source>Merge step %1 into a model</source>
        <translation>Schritt %1 zu einem Modell verschmelzen</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Install</source>
        <translation>Installieren</translation>
    </message>
    <message>
        <source>Merge</source>
        <translation>Verschmelzen</translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation>Damit chatten</translation>
    </message>
    <message>
        <source>The result is a complete model in your library. The run and the base model stay as they are.</source>
        <translation>Das Ergebnis ist ein vollständiges Modell in Ihrer Bibliothek. Der Lauf und das Grundmodell bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>Name of the model</source>
        <translation>Name des Modells</translation>
    </message>
    <message>
        <source>File format</source>
        <translation>Dateiformat</translation>
    </message>
    <message>
        <source>Merging, then comparing both models&apos; answers…</source>
        <translation>Verschmilzt und vergleicht dann die Antworten beider Modelle…</translation>
    </message>
    <message>
        <source>%1 is in your library.</source>
        <translation>%1 ist in Ihrer Bibliothek.</translation>
    </message>
    <message>
        <source>Largest logit difference</source>
        <translation>Größter Logit-Unterschied</translation>
    </message>
    <message>
        <source>Between base plus adapter and the merged model. Small numbers (below about 0.01) come from rounding.</source>
        <translation>Zwischen Grundmodell plus Adapter und dem verschmolzenen Modell. Kleine Zahlen (unter etwa 0,01) kommen vom Runden.</translation>
    </message>
</context>
<context>
    <name>MessageList</name>
    <message>
        <source>Messages</source>
        <translation>Nachrichten</translation>
    </message>
    <message>
        <source>To the end</source>
        <translation>Zum Ende</translation>
    </message>
</context>
<context>
    <name>ModelCard</name>
    <message>
        <source>built in</source>
        <translation>mitgeliefert</translation>
    </message>
    <message>
        <source>Shipped with Greylag, so that chat and a first finetune work without a network. It cannot be deleted.</source>
        <translation>Mit Greylag geliefert, damit Chat und ein erstes Finetuning ohne Netz gehen. Es lässt sich nicht löschen.</translation>
    </message>
    <message>
        <source>kept elsewhere</source>
        <translation>liegt woanders</translation>
    </message>
    <message>
        <source>It belongs to a run, or the engine was told of it when it was started; delete it there.</source>
        <translation>Gehört zu einem Lauf oder wurde beim Start der Engine angegeben; lässt sich nur dort löschen.</translation>
    </message>
    <message>
        <source>in memory</source>
        <translation>im Speicher</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
    <message>
        <source>vocabulary: %1</source>
        <translation>Vokabular: %1</translation>
    </message>
    <message>
        <source>Chat</source>
        <translation>Chat</translation>
    </message>
    <message>
        <source>Chat with %1</source>
        <translation>Mit %1 chatten</translation>
    </message>
    <message>
        <source>Finetune</source>
        <translation>Nachtrainieren</translation>
    </message>
    <message>
        <source>Finetune %1</source>
        <translation>%1 nachtrainieren</translation>
    </message>
    <message>
        <source>Loading…</source>
        <translation>Lädt…</translation>
    </message>
    <message>
        <source>Unload</source>
        <translation>Entladen</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Laden</translation>
    </message>
    <message>
        <source>Frees its memory; it is loaded again when needed</source>
        <translation>Gibt seinen Speicher frei; bei Bedarf wird es wieder geladen</translation>
    </message>
    <message>
        <source>Reads it into memory, so that the first answer comes at once</source>
        <translation>Liest es in den Speicher, damit die erste Antwort sofort kommt</translation>
    </message>
    <message>
        <source>Look into %1</source>
        <translation>In %1 hineinsehen</translation>
    </message>
    <message>
        <source>Delete %1</source>
        <translation>%1 löschen</translation>
    </message>
    <message>
        <source>Convert</source>
        <translation>Umwandeln</translation>
    </message>
    <message>
        <source>Makes another file of it: GGUF for other programs, or smaller in a quantised format</source>
        <translation>Macht eine andere Datei daraus: GGUF für andere Programme, oder kleiner in einem quantisierten Format</translation>
    </message>
    <message>
        <source>Convert %1</source>
        <translation>%1 umwandeln</translation>
    </message>
</context>
<context>
    <name>ModelConversion</name>
    <message>
        <source>%1 of %2 written</source>
        <translation>%1 von %2 geschrieben</translation>
    </message>
    <message>
        <source>%1 · %2 left</source>
        <translation>%1 · noch %2</translation>
    </message>
    <message>
        <source>%1 bits per weight</source>
        <translation>%1 Bit je Gewicht</translation>
    </message>
    <message>
        <source>%1, error %2 %</source>
        <translation>%1, Fehler %2 %</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>The model needs a name.</source>
        <translation>Das Modell braucht einen Namen.</translation>
    </message>
    <message>
        <source>A name does not begin with a dot and has none of / \ : * ? &quot; &lt; &gt; |.</source>
        <translation>Ein Name beginnt nicht mit einem Punkt und enthält keines von / \ : * ? &quot; &lt; &gt; |.</translation>
    </message>
    <message>
        <source>The engine is not running, so nothing can be converted.</source>
        <translation>Der Motor läuft nicht, daher kann nichts umgewandelt werden.</translation>
    </message>
    <message>
        <source>%1 is in your library (%2)</source>
        <translation>%1 ist in Ihrer Bibliothek (%2)</translation>
    </message>
    <message>
        <source>Stopped. Converting to %1 again goes on from here.</source>
        <translation>Angehalten. Ein neuer Anlauf zu %1 macht hier weiter.</translation>
    </message>
    <message>
        <source>%1 was not made: %2</source>
        <translation>%1 ist nicht entstanden: %2</translation>
    </message>
</context>
<context>
    <name>ModelLibrary</name>
    <message>
        <source>%1 is downloaded and verified</source>
        <translation>%1 ist heruntergeladen und geprüft</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Paste the link to the file.</source>
        <translation>Fügen Sie den Link zur Datei ein.</translation>
    </message>
    <message>
        <source>The link must begin with https:// or http:// and name a server.</source>
        <translation>Der Link muss mit https:// oder http:// beginnen und einen Server nennen.</translation>
    </message>
    <message>
        <source>The file name must not be empty, begin with a dot or hold / \ : * ? &quot; &lt; &gt; |.</source>
        <translation>Der Dateiname darf nicht leer sein, nicht mit einem Punkt beginnen und / \ : * ? &quot; &lt; &gt; | nicht enthalten.</translation>
    </message>
    <message>
        <source>The engine is not running, so nothing can be imported.</source>
        <translation>Der Motor läuft nicht; darum lässt sich nichts importieren.</translation>
    </message>
    <message>
        <source>Only files of this computer can be imported; use “Download from a link” for %1.</source>
        <translation>Nur Dateien dieses Rechners lassen sich importieren; für %1 nutzen Sie „Von einem Link herunterladen“.</translation>
    </message>
    <message>
        <source>%1 is a folder. Choose the checkpoint file inside it.</source>
        <translation>%1 ist ein Ordner. Wählen Sie die Checkpoint-Datei darin.</translation>
    </message>
    <message>
        <source>%1 is installed</source>
        <translation>%1 ist installiert</translation>
    </message>
    <message>
        <source>%1 was not imported: %2</source>
        <translation>%1 wurde nicht importiert: %2</translation>
    </message>
    <message>
        <source>%1 of %2 copied</source>
        <translation>%1 von %2 kopiert</translation>
    </message>
    <message numerus="yes">
        <source>%n more waiting</source>
        <translation>
            <numerusform>%n weitere wartet</numerusform>
            <numerusform>%n weitere warten</numerusform>
        </translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>File format</source>
        <translation>Dateiformat</translation>
    </message>
    <message>
        <source>Parameters</source>
        <translation>Parameter</translation>
    </message>
    <message>
        <source>Number format</source>
        <translation>Zahlenformat</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>Schichten</translation>
    </message>
    <message>
        <source>Width</source>
        <translation>Breite</translation>
    </message>
    <message>
        <source>Heads</source>
        <translation>Köpfe</translation>
    </message>
    <message>
        <source>Vocabulary size</source>
        <translation>Größe des Vokabulars</translation>
    </message>
    <message>
        <source>Vocabulary</source>
        <translation>Vokabular</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>%1 free on this disk</source>
        <translation>%1 frei auf diesem Datenträger</translation>
    </message>
    <message>
        <source>%1 deleted, %2 regained</source>
        <translation>%1 gelöscht, %2 gewonnen</translation>
    </message>
    <message>
        <source>The file is removed from this computer and %1 become free. To have it again you need to download or import it again.</source>
        <translation>Die Datei wird von diesem Rechner entfernt, und %1 werden frei. Um sie wieder zu haben, müssen Sie sie erneut herunterladen oder importieren.</translation>
    </message>
    <message numerus="yes">
        <source>%n adapter(s) or state(s) work only with this model and rest until it is back: %1</source>
        <translation>
            <numerusform>%n Adapter oder Zustand passt nur zu diesem Modell und ruht, bis es wieder da ist: %1</numerusform>
            <numerusform>%n Adapter oder Zustände passen nur zu diesem Modell und ruhen, bis es wieder da ist: %1</numerusform>
        </translation>
    </message>
    <message>
        <source>The file is removed and %1 become free. Chats that use it fall back to the model alone.</source>
        <translation>Die Datei wird entfernt, und %1 werden frei. Chats, die sie nutzen, fallen auf das bloße Modell zurück.</translation>
    </message>
    <message>
        <source>This is a checkpoint of the run “%1”. It is removed and %2 become free; the run can no longer continue from this step.</source>
        <translation>Dies ist ein Sicherungspunkt des Laufs „%1“. Er wird entfernt, und %2 werden frei; der Lauf kann von diesem Schritt nicht mehr weitergehen.</translation>
    </message>
    <message>
        <source>The SHA-256 has 64 digits 0-9 and a-f. The page that offers the file usually shows it.</source>
        <translation>Die SHA-256 hat 64 Stellen aus 0-9 und a-f. Die Seite, die die Datei anbietet, zeigt sie meist.</translation>
    </message>
</context>
<context>
    <name>ModelListModel</name>
    <message>
        <source>%1 layers, width %2</source>
        <translation>%1 Schichten, Breite %2</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
    <message>
        <source>in memory</source>
        <translation>im Speicher</translation>
    </message>
    <message>
        <source>bytes</source>
        <translation>Bytes</translation>
    </message>
    <message>
        <source>World</source>
        <translation>World</translation>
    </message>
    <message>
        <source>GPT-NeoX</source>
        <translation>GPT-NeoX</translation>
    </message>
    <message>
        <source>missing</source>
        <translation>fehlt</translation>
    </message>
</context>
<context>
    <name>ModelStep</name>
    <message>
        <source>Which model is to learn?</source>
        <translation>Welches Modell soll lernen?</translation>
    </message>
    <message>
        <source>built in</source>
        <translation>mitgeliefert</translation>
    </message>
    <message>
        <source>%1 parameters</source>
        <translation>%1 Parameter</translation>
    </message>
    <message>
        <source>No usable model</source>
        <translation>Kein brauchbares Modell</translation>
    </message>
    <message>
        <source>Import or download one first; the draft stays here.</source>
        <translation>Importieren oder laden Sie zuerst eines; der Entwurf bleibt hier.</translation>
    </message>
    <message>
        <source>Open Models</source>
        <translation>Modelle öffnen</translation>
    </message>
    <message>
        <source>Not offered: %1</source>
        <translation>Nicht angeboten: %1</translation>
    </message>
</context>
<context>
    <name>ModelsPage</name>
    <message>
        <source>Models</source>
        <translation>Modelle</translation>
    </message>
    <message>
        <source>Download from a link</source>
        <translation>Von einem Link herunterladen</translation>
    </message>
    <message>
        <source>Import a file</source>
        <translation>Datei importieren</translation>
    </message>
    <message>
        <source>A checkpoint (.pth, .safetensors, .gguf, .bin), an adapter or a vocabulary. You can also drop files on this page.</source>
        <translation>Ein Checkpoint (.pth, .safetensors, .gguf, .bin), ein Adapter oder ein Vokabular. Sie können Dateien auch auf diese Seite ziehen.</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Copying %1 into the library</source>
        <translation>Kopiert %1 in die Bibliothek</translation>
    </message>
    <message>
        <source>Progress of the import</source>
        <translation>Fortschritt des Imports</translation>
    </message>
    <message>
        <source>Which models</source>
        <translation>Welche Modelle</translation>
    </message>
    <message>
        <source>Installed</source>
        <translation>Installiert</translation>
    </message>
    <message>
        <source>Catalogue and downloads (%1)</source>
        <translation>Katalog und Downloads (%1)</translation>
    </message>
    <message>
        <source>Catalogue</source>
        <translation>Katalog</translation>
    </message>
    <message>
        <source>Drop to import: the file is copied into the library</source>
        <translation>Zum Importieren ablegen: Die Datei wird in die Bibliothek kopiert</translation>
    </message>
    <message>
        <source>Import a model, an adapter or a vocabulary</source>
        <translation>Ein Modell, einen Adapter oder ein Vokabular importieren</translation>
    </message>
    <message>
        <source>Models, adapters, vocabularies (*.pth *.safetensors *.gguf *.bin *.txt *.json)</source>
        <translation>Modelle, Adapter, Vokabulare (*.pth *.safetensors *.gguf *.bin *.txt *.json)</translation>
    </message>
    <message>
        <source>All files (*)</source>
        <translation>Alle Dateien (*)</translation>
    </message>
</context>
<context>
    <name>NavigationRail</name>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
</context>
<context>
    <name>NextStepCard</name>
    <message>
        <source>The engine is not running</source>
        <translation>Der Motor läuft nicht</translation>
    </message>
    <message>
        <source>Try again</source>
        <translation>Noch einmal versuchen</translation>
    </message>
    <message>
        <source>Just a moment</source>
        <translation>Einen Augenblick</translation>
    </message>
    <message>
        <source>The engine is starting. It finds your models and tests the devices.</source>
        <translation>Der Motor startet. Er sucht Ihre Modelle und prüft die Geräte.</translation>
    </message>
    <message>
        <source>Get your first model</source>
        <translation>Holen Sie Ihr erstes Modell</translation>
    </message>
    <message>
        <source>Download one from the catalogue, or import a .pth, .safetensors or .gguf file that you have.</source>
        <translation>Laden Sie eines aus dem Katalog, oder importieren Sie eine vorhandene .pth-, .safetensors- oder .gguf-Datei.</translation>
    </message>
    <message>
        <source>Open Models</source>
        <translation>Modelle öffnen</translation>
    </message>
    <message>
        <source>“%1” has learned</source>
        <translation>„%1“ hat gelernt</translation>
    </message>
    <message>
        <source>Chat with it</source>
        <translation>Damit chatten</translation>
    </message>
    <message>
        <source>Chat with %1</source>
        <translation>Mit %1 chatten</translation>
    </message>
    <message>
        <source>The model is ready on this computer. No account, no network.</source>
        <translation>Das Modell ist auf diesem Rechner bereit. Kein Konto, kein Netz.</translation>
    </message>
    <message>
        <source>New chat</source>
        <translation>Neuer Chat</translation>
    </message>
    <message>
        <source>Finetune a model</source>
        <translation>Ein Modell nachtrainieren</translation>
    </message>
    <message>
        <source>See the run</source>
        <translation>Lauf ansehen</translation>
    </message>
    <message>
        <source>Use it from other programs</source>
        <translation>Aus anderen Programmen nutzen</translation>
    </message>
    <message>
        <source>Copy the engine&apos;s messages</source>
        <translation>Meldungen des Motors kopieren</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
    <message>
        <source>The run is finished. Talk to the result.</source>
        <translation>Der Lauf ist beendet. Sprechen Sie mit dem Ergebnis.</translation>
    </message>
</context>
<context>
    <name>NoReasoner</name>
    <message>
        <source>No puzzle reasoner yet</source>
        <translation>Noch kein Rätsellöser</translation>
    </message>
    <message>
        <source>Make one in a terminal with the commands below, then import its file on the Models page.</source>
        <translation>Erzeugen Sie einen im Terminal mit den Befehlen unten und importieren Sie dann seine Datei auf der Seite „Modelle“.</translation>
    </message>
    <message>
        <source>Copy the commands</source>
        <translation>Befehle kopieren</translation>
    </message>
    <message>
        <source>The commands are copied.</source>
        <translation>Die Befehle sind kopiert.</translation>
    </message>
</context>
<context>
    <name>NumberField</name>
    <message>
        <source>%1: “%2” was not taken. %3.</source>
        <translation>%1: „%2“ wurde nicht übernommen. %3.</translation>
    </message>
</context>
<context>
    <name>NumberText</name>
    <message>
        <source>A whole number, %1, no separators</source>
        <translation>Eine ganze Zahl, %1, ohne Trennzeichen</translation>
    </message>
    <message>
        <source>Write %1 without a separator</source>
        <translation>Bitte %1 ohne Trennzeichen schreiben</translation>
    </message>
    <message>
        <source>Write %1 or %2: this can mean both</source>
        <translation>Bitte %1 oder %2 schreiben: so kann beides gemeint sein</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>A number, %1, no separators of thousands</source>
        <translation>Eine Zahl, %1, ohne Tausendertrennzeichen</translation>
    </message>
</context>
<context>
    <name>PlanStep</name>
    <message>
        <source>How long, how strong, how much memory?</source>
        <translation>Wie lange, wie stark, wie viel Speicher?</translation>
    </message>
    <message>
        <source>estimate</source>
        <translation>Schätzung</translation>
    </message>
    <message>
        <source>time, an estimate</source>
        <translation>Zeit, geschätzt</translation>
    </message>
    <message>
        <source>times through the data</source>
        <translation>Durchgänge durch die Daten</translation>
    </message>
    <message>
        <source>numbers that learn</source>
        <translation>lernende Zahlen</translation>
    </message>
    <message>
        <source>checkpoints on disk</source>
        <translation>Sicherungspunkte auf dem Datenträger</translation>
    </message>
    <message>
        <source>Fewer settings</source>
        <translation>Weniger Einstellungen</translation>
    </message>
    <message>
        <source>Expert settings</source>
        <translation>Experteneinstellungen</translation>
    </message>
    <message>
        <source>Restore defaults</source>
        <translation>Vorgaben wiederherstellen</translation>
    </message>
</context>
<context>
    <name>QuestionDelegate</name>
    <message>
        <source>You: %1</source>
        <translation>Sie: %1</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
    <message>
        <source>Edit and send again</source>
        <translation>Bearbeiten und neu senden</translation>
    </message>
    <message>
        <source>Changed message</source>
        <translation>Geänderte Nachricht</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>Send</source>
        <translation>Senden</translation>
    </message>
</context>
<context>
    <name>ReasonModels</name>
    <message>
        <source>Sudoku</source>
        <translation>Sudoku</translation>
    </message>
    <message>
        <source>mazes</source>
        <translation>Labyrinthe</translation>
    </message>
    <message>
        <source>ARC tasks</source>
        <translation>ARC-Aufgaben</translation>
    </message>
    <message>
        <source>cannot be used</source>
        <translation>nicht verwendbar</translation>
    </message>
    <message>
        <source>built in</source>
        <translation>mitgeliefert</translation>
    </message>
    <message>
        <source>This model cannot be used: %1</source>
        <translation>Dieses Modell ist nicht verwendbar: %1</translation>
    </message>
    <message>
        <source>This page draws Sudokus of 4, 6 or 9 rows; this model solves %1. Use it in a terminal: greylag-engine solve --model FILE.</source>
        <translation>Diese Seite zeichnet Sudokus mit 4, 6 oder 9 Zeilen; dieses Modell löst %1. Nutzen Sie es im Terminal: greylag-engine solve --model DATEI.</translation>
    </message>
</context>
<context>
    <name>ReasonPage</name>
    <message>
        <source>Reason</source>
        <translation>Denken</translation>
    </message>
    <message>
        <source>Give a small network a Sudoku and watch it think the answer over.</source>
        <translation>Geben Sie einem kleinen Netz ein Sudoku und sehen Sie zu, wie es die Antwort überdenkt.</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>ReasonSession</name>
    <message>
        <source>The engine reads the puzzle …</source>
        <translation>Der Motor liest das Rätsel …</translation>
    </message>
    <message>
        <source>Equal digits meet in a row, a column or a box. They are marked.</source>
        <translation>Gleiche Ziffern treffen in einer Zeile, einer Spalte oder einem Kasten aufeinander. Sie sind markiert.</translation>
    </message>
    <message>
        <source>Type digits into the grid, paste a puzzle, or take an example.</source>
        <translation>Tippen Sie Ziffern in das Gitter, fügen Sie ein Rätsel ein oder nehmen Sie ein Beispiel.</translation>
    </message>
    <message>
        <source>The engine broke off before it had an answer.</source>
        <translation>Der Motor brach ab, bevor er eine Antwort hatte.</translation>
    </message>
    <message>
        <source>The engine sent an answer that does not fit the puzzle.</source>
        <translation>Der Motor schickte eine Antwort, die nicht zum Rätsel passt.</translation>
    </message>
    <message>
        <source>cells changed</source>
        <translation>Felder geändert</translation>
    </message>
    <message>
        <source>cells break a rule</source>
        <translation>Felder brechen eine Regel</translation>
    </message>
    <message>
        <source>sure of the answer</source>
        <translation>Sicherheit der Antwort</translation>
    </message>
    <message>
        <source>this segment</source>
        <translation>dieses Segment</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>the best attempt</source>
        <translation>der beste Versuch</translation>
    </message>
    <message>
        <source>No installed model solves Sudokus of %1 × %1.</source>
        <translation>Kein installiertes Modell löst Sudokus von %1 × %1.</translation>
    </message>
    <message>
        <source>The clipboard holds no text.</source>
        <translation>Die Zwischenablage enthält keinen Text.</translation>
    </message>
</context>
<context>
    <name>ReasonerCard</name>
    <message>
        <source>Reasoner</source>
        <translation>Rätsellöser</translation>
    </message>
    <message>
        <source>Puzzle reasoner</source>
        <translation>Rätsellöser</translation>
    </message>
    <message>
        <source>No model</source>
        <translation>Kein Modell</translation>
    </message>
    <message>
        <source>Waiting for the engine …</source>
        <translation>Wartet auf den Motor …</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Solve</source>
        <translation>Lösen</translation>
    </message>
    <message>
        <source>Keeps the answer so far (Esc)</source>
        <translation>Behält die bisherige Antwort (Esc)</translation>
    </message>
    <message>
        <source>Enter, in the grid</source>
        <translation>Eingabetaste, im Gitter</translation>
    </message>
    <message>
        <source>More</source>
        <translation>Mehr</translation>
    </message>
    <message>
        <source>Segments, at most</source>
        <translation>Segmente, höchstens</translation>
    </message>
    <message>
        <source>Attempts</source>
        <translation>Versuche</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startzahl</translation>
    </message>
    <message>
        <source>In each segment the model thinks its answer over once more; it stops earlier when the answer is right. Attempts run side by side from different thoughts, drawn with the seed, and cost as many times the work.</source>
        <translation>In jedem Segment überdenkt das Modell seine Antwort noch einmal; es hört früher auf, wenn die Antwort stimmt. Versuche laufen nebeneinander von verschiedenen Gedanken aus, die die Startzahl bestimmt, und kosten entsprechend mehr Arbeit.</translation>
    </message>
</context>
<context>
    <name>RecentChats</name>
    <message>
        <source>Recent chats</source>
        <translation>Letzte Chats</translation>
    </message>
    <message>
        <source>Your conversations appear here as soon as you have had one.</source>
        <translation>Hier erscheinen Ihre Gespräche, sobald Sie eines geführt haben.</translation>
    </message>
</context>
<context>
    <name>RequestRow</name>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>done</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>cancelled</source>
        <translation>abgebrochen</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>Head of the table</source>
        <translation>Kopf der Tabelle</translation>
    </message>
    <message>
        <source>When</source>
        <translation>Wann</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Tok/s</source>
        <translation>Tok/s</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>Of limit</source>
        <translation>Grenze</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>How much of this machine&apos;s memory bandwidth was used. Every step reads the whole model from memory, once for all answers that are being written: that limits the speed.</source>
        <translation>So viel der Speicherbandbreite dieses Rechners wurde genutzt. Jeder Schritt liest das ganze Modell aus dem Speicher, einmal für alle Antworten, die gerade geschrieben werden: das begrenzt die Geschwindigkeit.</translation>
    </message>
</context>
<context>
    <name>RequestTable</name>
    <message>
        <source>Requests</source>
        <translation>Anfragen</translation>
    </message>
    <message>
        <source>Nothing yet. Requests of other programs appear here while they run.</source>
        <translation>Noch nichts. Anfragen anderer Programme erscheinen hier, während sie laufen.</translation>
    </message>
</context>
<context>
    <name>ReviewStep</name>
    <message>
        <source>Ready?</source>
        <translation>Bereit?</translation>
    </message>
    <message>
        <source>Name of the run</source>
        <translation>Name des Laufs</translation>
    </message>
    <message>
        <source>You find it by this name under Runs and in Chat.</source>
        <translation>Unter diesem Namen finden Sie ihn bei „Läufe“ und im Chat.</translation>
    </message>
    <message>
        <source>What will exist afterwards</source>
        <translation>Was es danach gibt</translation>
    </message>
    <message>
        <source>Time: %1 (estimate). Memory: %2 (estimate).</source>
        <translation>Zeit: %1 (geschätzt). Speicher: %2 (geschätzt).</translation>
    </message>
    <message numerus="yes">
        <source>Settings, %n of them changed</source>
        <translation>
            <numerusform>Einstellungen, %n davon geändert</numerusform>
            <numerusform>Einstellungen, %n davon geändert</numerusform>
        </translation>
    </message>
    <message>
        <source>Settings, all at their defaults</source>
        <translation>Einstellungen, alle wie vorgegeben</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>geändert</translation>
    </message>
</context>
<context>
    <name>RunActions</name>
    <message>
        <source>Save now</source>
        <translation>Jetzt sichern</translation>
    </message>
    <message>
        <source>Writes a checkpoint after this step and goes on</source>
        <translation>Schreibt nach diesem Schritt einen Sicherungspunkt und macht weiter</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Saves everything and waits; Resume continues exactly there</source>
        <translation>Sichert alles und wartet; Fortsetzen macht genau dort weiter</translation>
    </message>
    <message>
        <source>Stop and keep</source>
        <translation>Beenden und behalten</translation>
    </message>
    <message>
        <source>Ends the run here with a checkpoint of what it learned</source>
        <translation>Beendet den Lauf hier mit einem Sicherungspunkt des Gelernten</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Delete this run</source>
        <translation>Diesen Lauf löschen</translation>
    </message>
</context>
<context>
    <name>RunCharts</name>
    <message>
        <source>Loss</source>
        <translation>Verlust</translation>
    </message>
    <message>
        <source>Smoothing</source>
        <translation>Glättung</translation>
    </message>
    <message>
        <source>Log scale</source>
        <translation>Logarithmisch</translation>
    </message>
    <message>
        <source>each step</source>
        <translation>jeder Schritt</translation>
    </message>
    <message>
        <source>smoothed</source>
        <translation>geglättet</translation>
    </message>
    <message>
        <source>validation: text it never saw</source>
        <translation>Validierung: nie gesehener Text</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Gradient norm</source>
        <translation>Gradientennorm</translation>
    </message>
    <message>
        <source>Tokens per second</source>
        <translation>Tokens pro Sekunde</translation>
    </message>
    <message>
        <source>Loss after each cycle</source>
        <translation>Verlust nach jedem Zyklus</translation>
    </message>
    <message>
        <source>Later cycles should be lower; equal ones add nothing.</source>
        <translation>Spätere Zyklen sollten tiefer liegen; gleiche bringen nichts.</translation>
    </message>
    <message>
        <source>Change between cycles</source>
        <translation>Änderung zwischen Zyklen</translation>
    </message>
    <message>
        <source>How far the core&apos;s answer moves, as a share of its size.</source>
        <translation>Wie weit sich die Antwort des Kerns bewegt, als Anteil ihrer Größe.</translation>
    </message>
    <message>
        <source>Halting depth</source>
        <translation>Haltetiefe</translation>
    </message>
    <message>
        <source>Cycles per learned token, on average.</source>
        <translation>Zyklen je gelerntem Token, im Mittel.</translation>
    </message>
</context>
<context>
    <name>RunDetail</name>
    <message>
        <source>All runs</source>
        <translation>Alle Läufe</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>Fortsetzen</translation>
    </message>
    <message>
        <source>Settings of this run</source>
        <translation>Einstellungen dieses Laufs</translation>
    </message>
    <message>
        <source>Delete the run “%1”?</source>
        <translation>Den Lauf „%1“ löschen?</translation>
    </message>
    <message>
        <source>%1, started %2</source>
        <translation>%1, begonnen %2</translation>
    </message>
</context>
<context>
    <name>RunLibrary</name>
    <message>
        <source>A checkpoint is written after this step.</source>
        <translation>Nach diesem Schritt wird ein Sicherungspunkt geschrieben.</translation>
    </message>
    <message>
        <source>The run goes on.</source>
        <translation>Der Lauf geht weiter.</translation>
    </message>
    <message>
        <source>Run deleted, %1 regained</source>
        <translation>Lauf gelöscht, %1 gewonnen</translation>
    </message>
    <message>
        <source>Its settings and curves are removed. It has no checkpoint.</source>
        <translation>Seine Einstellungen und Kurven werden entfernt. Er hat keinen Sicherungspunkt.</translation>
    </message>
    <message numerus="yes">
        <source>Its curves, settings and %n checkpoint(s) (%1) are removed for good. Chats that use one of them fall back to the model alone; models merged from it stay.</source>
        <translation>
            <numerusform>Seine Kurven, Einstellungen und %n Sicherungspunkt (%1) werden endgültig entfernt. Chats, die ihn nutzen, fallen auf das bloße Modell zurück; daraus verschmolzene Modelle bleiben.</numerusform>
            <numerusform>Seine Kurven, Einstellungen und %n Sicherungspunkte (%1) werden endgültig entfernt. Chats, die einen davon nutzen, fallen auf das bloße Modell zurück; daraus verschmolzene Modelle bleiben.</numerusform>
        </translation>
    </message>
    <message>
        <source>The engine is not running.</source>
        <translation>Der Motor läuft nicht.</translation>
    </message>
</context>
<context>
    <name>RunListModel</name>
    <message>
        <source>step %1 of %2</source>
        <translation>Schritt %1 von %2</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>loss %1</source>
        <translation>Verlust %1</translation>
    </message>
    <message>
        <source>the loss is no number</source>
        <translation>der Verlust ist keine Zahl</translation>
    </message>
    <message>
        <source>validation %1</source>
        <translation>Validierung %1</translation>
    </message>
    <message>
        <source>%1 on %2</source>
        <translation>%1 auf %2</translation>
    </message>
    <message>
        <source>starting</source>
        <translation>startet</translation>
    </message>
    <message>
        <source>running</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>saving, then pausing</source>
        <translation>sichert, hält dann an</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>angehalten</translation>
    </message>
    <message>
        <source>saving, then stopping</source>
        <translation>sichert, endet dann</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>fertig</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>beendet</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>unterbrochen</translation>
    </message>
    <message>
        <source>LoRA</source>
        <translation>LoRA</translation>
    </message>
    <message>
        <source>Full finetuning</source>
        <translation>Volles Finetuning</translation>
    </message>
    <message>
        <source>State tuning</source>
        <translation>Zustand trainieren</translation>
    </message>
    <message>
        <source>HRM reasoning core (experimental)</source>
        <translation>HRM-Denkkern (experimentell)</translation>
    </message>
</context>
<context>
    <name>RunSeries</name>
    <message>
        <source>No step is finished yet.</source>
        <translation>Noch kein Schritt ist fertig.</translation>
    </message>
    <message>
        <source>Too early to say whether it learns.</source>
        <translation>Noch zu früh, um zu sagen, ob es lernt.</translation>
    </message>
    <message>
        <source>training loss went from %1 to %2</source>
        <translation>der Trainingsverlust ging von %1 auf %2</translation>
    </message>
    <message>
        <source>It fits its training data better: %1. Nothing is held back yet to tell learning from memorising.</source>
        <translation>Es passt besser zu seinen Trainingsdaten: %1. Noch ist nichts zurückgehalten, um Lernen von Auswendiglernen zu unterscheiden.</translation>
    </message>
    <message>
        <source>No clear learning so far: %1.</source>
        <translation>Bisher kein klares Lernen: %1.</translation>
    </message>
    <message>
        <source>It did not learn what carries over: on text it never saw, the loss stayed at %1 (best %2).</source>
        <translation>Es hat nichts Übertragbares gelernt: Auf nie gesehenem Text blieb der Verlust bei %1 (bester %2).</translation>
    </message>
    <message>
        <source>It learned, then began to memorise: on text it never saw, the loss fell from %1 to %2 and rose again to %3. Use the best checkpoint.</source>
        <translation>Es hat gelernt und dann auswendig gelernt: Auf nie gesehenem Text fiel der Verlust von %1 auf %2 und stieg wieder auf %3. Nehmen Sie den besten Sicherungspunkt.</translation>
    </message>
    <message>
        <source>It learned: on text it never saw, the loss fell from %1 to %2.</source>
        <translation>Es hat gelernt: Auf nie gesehenem Text fiel der Verlust von %1 auf %2.</translation>
    </message>
</context>
<context>
    <name>RunStrip</name>
    <message>
        <source>“%1” is paused</source>
        <translation>„%1“ ist angehalten</translation>
    </message>
    <message>
        <source>“%1” is learning</source>
        <translation>„%1“ lernt</translation>
    </message>
    <message>
        <source>step %1 of %2</source>
        <translation>Schritt %1 von %2</translation>
    </message>
    <message>
        <source>loss %1</source>
        <translation>Verlust %1</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Progress of the run</source>
        <translation>Fortschritt des Laufs</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
</context>
<context>
    <name>RunView</name>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Tokens/s</translation>
    </message>
    <message>
        <source>It begins again, because nothing was saved yet.</source>
        <translation>Er beginnt von vorn, weil noch nichts gesichert war.</translation>
    </message>
    <message>
        <source>It goes on from the checkpoint of step %1.</source>
        <translation>Er geht vom Sicherungspunkt von Schritt %1 weiter.</translation>
    </message>
    <message>
        <source>Resume tries again. %1</source>
        <translation>Fortsetzen versucht es erneut. %1</translation>
    </message>
    <message>
        <source>The trainer ended without saying why (power, memory, or killed). %1</source>
        <translation>Der Trainer endete ohne Begründung (Strom, Speicher oder abgeschossen). %1</translation>
    </message>
    <message>
        <source>It is saved and waits, keeping its memory. Resume continues exactly where it was.</source>
        <translation>Er ist gesichert und wartet, behält aber seinen Speicher. Fortsetzen macht genau dort weiter.</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Stapel</translation>
    </message>
    <message>
        <source>%1 × %2</source>
        <translation>%1 × %2</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>Rang</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startzahl</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Give the model a name.</source>
        <translation>Geben Sie dem Modell einen Namen.</translation>
    </message>
    <message>
        <source>A name must not begin with a dot or hold / \ : * ? &quot; &lt; &gt; |.</source>
        <translation>Ein Name darf nicht mit einem Punkt beginnen und / \ : * ? &quot; &lt; &gt; | nicht enthalten.</translation>
    </message>
    <message>
        <source>Goes on from</source>
        <translation>Lernt weiter aus</translation>
    </message>
    <message>
        <source>Core width</source>
        <translation>Breite des Kerns</translation>
    </message>
    <message>
        <source>half the model&apos;s</source>
        <translation>halb so breit wie das Modell</translation>
    </message>
    <message>
        <source>Blocks per module</source>
        <translation>Blöcke je Modul</translation>
    </message>
    <message>
        <source>H-cycles × L-cycles</source>
        <translation>H-Zyklen × L-Zyklen</translation>
    </message>
    <message>
        <source>Deep supervision</source>
        <translation>Tiefe Überwachung</translation>
    </message>
    <message>
        <source>Halting</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>above %1</source>
        <translation>über %1</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>Model beside the core</source>
        <translation>Modell neben dem Kern</translation>
    </message>
    <message>
        <source>learns by LoRA</source>
        <translation>lernt durch LoRA</translation>
    </message>
    <message>
        <source>learns too</source>
        <translation>lernt mit</translation>
    </message>
    <message>
        <source>frozen</source>
        <translation>eingefroren</translation>
    </message>
    <message>
        <source>None yet. The first is written after some steps, or by “Save now”.</source>
        <translation>Noch keiner. Der erste entsteht nach einigen Schritten oder durch „Jetzt sichern“.</translation>
    </message>
    <message>
        <source>Chat with one, or merge it into a model that works anywhere.</source>
        <translation>Chatten Sie mit einem, oder verschmelzen Sie ihn zu einem Modell, das überall läuft.</translation>
    </message>
    <message>
        <source>Chat with one. A reasoning core cannot be merged: it works beside its model.</source>
        <translation>Chatten Sie mit einem. Ein Denkkern lässt sich nicht verschmelzen: Er arbeitet neben seinem Modell.</translation>
    </message>
    <message>
        <source>A full checkpoint is a whole model: install it to chat with it.</source>
        <translation>Ein voller Sicherungspunkt ist ein ganzes Modell: Installieren Sie ihn, um damit zu chatten.</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>Geduld</translation>
    </message>
    <message>
        <source>A reasoning core cannot be merged, and Chat cannot use this one yet: it belongs to the changed model beside it, in the run&apos;s folder.</source>
        <translation>Ein Denkkern lässt sich nicht verschmelzen, und diesen kann der Chat noch nicht nutzen: Er gehört zum veränderten Modell daneben, im Ordner des Laufs.</translation>
    </message>
</context>
<context>
    <name>RunsPage</name>
    <message>
        <source>Runs</source>
        <translation>Läufe</translation>
    </message>
    <message>
        <source>New finetune</source>
        <translation>Neues Finetuning</translation>
    </message>
    <message>
        <source>No run yet</source>
        <translation>Noch kein Lauf</translation>
    </message>
    <message>
        <source>A finetune that you start appears here with its live curves, its checkpoints and the answer to “did it learn?”.</source>
        <translation>Ein gestartetes Finetuning erscheint hier mit seinen Kurven, seinen Sicherungspunkten und der Antwort auf „Hat es gelernt?“.</translation>
    </message>
    <message>
        <source>Start a finetune</source>
        <translation>Ein Finetuning starten</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
</context>
<context>
    <name>SamplerDrawer</name>
    <message>
        <source>Options of this chat</source>
        <translation>Optionen dieses Chats</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>Schließen</translation>
    </message>
    <message>
        <source>System prompt</source>
        <translation>Systemvorgabe</translation>
    </message>
    <message>
        <source>Who the model is and how it should answer.</source>
        <translation>Wer das Modell ist und wie es antworten soll.</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>Temperatur</translation>
    </message>
    <message>
        <source>How daring the choice of words is. 0: always the likeliest word.</source>
        <translation>Wie gewagt die Wortwahl ist. 0: immer das wahrscheinlichste Wort.</translation>
    </message>
    <message>
        <source>Top-p</source>
        <translation>Top-p</translation>
    </message>
    <message>
        <source>Only the likeliest words that together reach this share are candidates.</source>
        <translation>Nur die wahrscheinlichsten Wörter, die zusammen diesen Anteil erreichen, kommen in Frage.</translation>
    </message>
    <message>
        <source>Top-k</source>
        <translation>Top-k</translation>
    </message>
    <message>
        <source>At most this many candidates. 0: no limit.</source>
        <translation>Höchstens so viele Wörter kommen in Frage. 0: unbegrenzt.</translation>
    </message>
    <message>
        <source>Presence penalty</source>
        <translation>Wiederkehr-Abzug</translation>
    </message>
    <message>
        <source>Makes words that occurred already less likely, once.</source>
        <translation>Macht schon vorgekommene Wörter einmalig unwahrscheinlicher.</translation>
    </message>
    <message>
        <source>Frequency penalty</source>
        <translation>Häufigkeits-Abzug</translation>
    </message>
    <message>
        <source>Makes them less likely with every occurrence: against repetition.</source>
        <translation>Macht sie mit jedem Vorkommen unwahrscheinlicher: gegen Wiederholung.</translation>
    </message>
    <message>
        <source>Penalty decay</source>
        <translation>Abklingen der Abzüge</translation>
    </message>
    <message>
        <source>How long the penalties remember. 1: for ever; 0.99: about 100 words.</source>
        <translation>Wie lange die Abzüge sich erinnern. 1: für immer; 0,99: etwa 100 Wörter.</translation>
    </message>
    <message>
        <source>Longest answer</source>
        <translation>Längste Antwort</translation>
    </message>
    <message>
        <source>Longest answer in tokens</source>
        <translation>Längste Antwort in Tokens</translation>
    </message>
    <message>
        <source>tokens</source>
        <translation>Tokens</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startzahl</translation>
    </message>
    <message>
        <source>The same seed gives the same answer again. -1: a different one every time.</source>
        <translation>Dieselbe Startzahl gibt dieselbe Antwort. -1: jedes Mal eine andere.</translation>
    </message>
    <message>
        <source>Reset the sampler</source>
        <translation>Wortwahl zurücksetzen</translation>
    </message>
    <message>
        <source>HRM reasoning core (experimental)</source>
        <translation>HRM-Denkkern (experimentell)</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>Stärke</translation>
    </message>
    <message>
        <source>How much the core&apos;s answer counts. 0: the model alone.</source>
        <translation>Wie viel die Antwort des Kerns zählt. 0: das Modell allein.</translation>
    </message>
    <message>
        <source>Effort</source>
        <translation>Aufwand</translation>
    </message>
    <message>
        <source>Cycles of thought for each token, %1 at most. More takes longer.</source>
        <translation>Denkzyklen für jedes Token, höchstens %1. Mehr dauert länger.</translation>
    </message>
</context>
<context>
    <name>SecretField</name>
    <message>
        <source>Hide</source>
        <translation>Verbergen</translation>
    </message>
    <message>
        <source>Show</source>
        <translation>Zeigen</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>Kopieren</translation>
    </message>
    <message>
        <source>Copied.</source>
        <translation>Kopiert.</translation>
    </message>
</context>
<context>
    <name>SegmentStepper</name>
    <message>
        <source>Pause</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Play the segments</source>
        <translation>Segmente abspielen</translation>
    </message>
    <message>
        <source>Segment before</source>
        <translation>Segment davor</translation>
    </message>
    <message>
        <source>Segment</source>
        <translation>Segment</translation>
    </message>
    <message>
        <source>Segment after</source>
        <translation>Segment danach</translation>
    </message>
</context>
<context>
    <name>ServerPage</name>
    <message>
        <source>Server</source>
        <translation>Server</translation>
    </message>
    <message>
        <source>Any program that speaks OpenAI&apos;s protocol can use your models. Only programs on this computer can connect.</source>
        <translation>Jedes Programm, das das Protokoll von OpenAI spricht, kann Ihre Modelle nutzen. Nur Programme auf diesem Rechner können sich verbinden.</translation>
    </message>
    <message>
        <source>Listening on port %1</source>
        <translation>Hört auf Port %1</translation>
    </message>
    <message>
        <source>Not listening</source>
        <translation>Hört nicht zu</translation>
    </message>
    <message>
        <source>New token. Programs with the old one are refused from now on.</source>
        <translation>Neues Token. Programme mit dem alten werden ab jetzt abgewiesen.</translation>
    </message>
    <message>
        <source>Make a new token?</source>
        <translation>Neues Token erzeugen?</translation>
    </message>
    <message>
        <source>Programs that use the present token are refused until you give them the new one.</source>
        <translation>Programme mit dem jetzigen Token werden abgewiesen, bis Sie ihnen das neue geben.</translation>
    </message>
    <message>
        <source>Make a new token</source>
        <translation>Neues Token erzeugen</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Base URL</source>
        <translation>Basis-URL</translation>
    </message>
    <message>
        <source>Token</source>
        <translation>Token</translation>
    </message>
    <message>
        <source>Programs send it as their API key. It cannot start runs or delete models.</source>
        <translation>Programme senden es als ihren API-Schlüssel. Es kann keine Läufe starten und keine Modelle löschen.</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>Port</translation>
    </message>
    <message>
        <source>Used after the engine has been restarted.</source>
        <translation>Gilt nach einem Neustart des Motors.</translation>
    </message>
    <message>
        <source>Stays the same from start to start.</source>
        <translation>Bleibt von Start zu Start gleich.</translation>
    </message>
    <message>
        <source>Restart now</source>
        <translation>Jetzt neu starten</translation>
    </message>
    <message>
        <source>Another program uses port %1; at the moment it is %2.</source>
        <translation>Port %1 benutzt ein anderes Programm; zurzeit ist es %2.</translation>
    </message>
</context>
<context>
    <name>SettingField</name>
    <message>
        <source>default: %1</source>
        <translation>Vorgabe: %1</translation>
    </message>
</context>
<context>
    <name>SettingList</name>
    <message>
        <source>AdamW</source>
        <translation>AdamW</translation>
    </message>
    <message>
        <source>Adam-atan2</source>
        <translation>Adam-atan2</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>Optimierer</translation>
    </message>
    <message>
        <source>How gradients become improvements.</source>
        <translation>Wie aus Gradienten Verbesserungen werden.</translation>
    </message>
    <message>
        <source>Frozen</source>
        <translation>Eingefroren</translation>
    </message>
    <message>
        <source>Learns by LoRA</source>
        <translation>Lernt durch LoRA</translation>
    </message>
    <message>
        <source>Learns too</source>
        <translation>Lernt mit</translation>
    </message>
    <message>
        <source>None</source>
        <translation>Keines</translation>
    </message>
    <message>
        <source>For each token</source>
        <translation>Für jedes Token</translation>
    </message>
    <message>
        <source>Each cycle by itself</source>
        <translation>Jeder Zyklus für sich</translation>
    </message>
    <message>
        <source>All cycles</source>
        <translation>Alle Zyklen</translation>
    </message>
    <message>
        <source>Last calls only</source>
        <translation>Nur die letzten Aufrufe</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>How often the weights are improved. More learns more, and memorises more.</source>
        <translation>Wie oft die Gewichte verbessert werden. Mehr lernt mehr und lernt mehr auswendig.</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>Lernrate</translation>
    </message>
    <message>
        <source>Size of one improvement at its peak. Too high makes the loss jump.</source>
        <translation>Größe einer Verbesserung auf ihrem Höhepunkt. Zu groß lässt den Verlust springen.</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>Batch</translation>
    </message>
    <message>
        <source>Samples looked at together. More is steadier and needs more memory.</source>
        <translation>Beispiele, die zusammen betrachtet werden. Mehr ist ruhiger und braucht mehr Speicher.</translation>
    </message>
    <message>
        <source>Context</source>
        <translation>Kontext</translation>
    </message>
    <message>
        <source>Tokens of a sample at most; longer ones are cut.</source>
        <translation>Höchstzahl der Tokens eines Beispiels; längere werden gekürzt.</translation>
    </message>
    <message>
        <source>Start from</source>
        <translation>Anfangen mit</translation>
    </message>
    <message>
        <source>A fresh core, or one of this model that learns on. Then its shape is kept.</source>
        <translation>Ein neuer Kern oder einer dieses Modells, der weiterlernt. Dann bleibt seine Form.</translation>
    </message>
    <message>
        <source>Core width</source>
        <translation>Breite des Kerns</translation>
    </message>
    <message>
        <source>Numbers per token inside the core, a multiple of 64. 0: half the model&apos;s width.</source>
        <translation>Zahlen je Token im Kern, ein Vielfaches von 64. 0: halb so breit wie das Modell.</translation>
    </message>
    <message>
        <source>Blocks</source>
        <translation>Blöcke</translation>
    </message>
    <message>
        <source>RWKV-7 blocks in each of the core&apos;s two modules.</source>
        <translation>RWKV-7-Blöcke in jedem der zwei Module des Kerns.</translation>
    </message>
    <message>
        <source>H-cycles</source>
        <translation>H-Zyklen</translation>
    </message>
    <message>
        <source>How often the slow module thinks about each token: the largest effort in Chat.</source>
        <translation>Wie oft das langsame Modul über jedes Token nachdenkt: der größte Aufwand im Chat.</translation>
    </message>
    <message>
        <source>L-cycles</source>
        <translation>L-Zyklen</translation>
    </message>
    <message>
        <source>How often the fast module works in each H-cycle.</source>
        <translation>Wie oft das schnelle Modul in jedem H-Zyklus arbeitet.</translation>
    </message>
    <message>
        <source>Gradient cycles</source>
        <translation>Gradientenzyklen</translation>
    </message>
    <message>
        <source>How far back each cycle&apos;s loss reaches. All cycles is exact and needs the most memory, last calls only the least.</source>
        <translation>Wie weit der Verlust jedes Zyklus zurückreicht. Alle Zyklen ist genau und braucht am meisten Speicher, nur die letzten Aufrufe am wenigsten.</translation>
    </message>
    <message>
        <source>Deep supervision weight</source>
        <translation>Gewicht der tiefen Überwachung</translation>
    </message>
    <message>
        <source>How much the loss of each earlier cycle counts; the last one&apos;s counts 1.</source>
        <translation>Wie viel der Verlust jedes früheren Zyklus zählt; der des letzten zählt 1.</translation>
    </message>
    <message>
        <source>Halting</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>Lets tokens that are sure stop before the last cycle.</source>
        <translation>Lässt Tokens, die sicher sind, vor dem letzten Zyklus anhalten.</translation>
    </message>
    <message>
        <source>Halting threshold</source>
        <translation>Schwelle zum Anhalten</translation>
    </message>
    <message>
        <source>A token stops when it is surer than this.</source>
        <translation>Ein Token hält an, wenn es sicherer als dies ist.</translation>
    </message>
    <message>
        <source>Model beside the core</source>
        <translation>Modell neben dem Kern</translation>
    </message>
    <message>
        <source>Frozen: it stays as it is, and training is cheapest. If it learns too, the core works with the changed model only.</source>
        <translation>Eingefroren: Es bleibt, wie es ist, und das Training kostet am wenigsten. Lernt es mit, arbeitet der Kern nur mit dem veränderten Modell.</translation>
    </message>
    <message>
        <source>Rank</source>
        <translation>Rang</translation>
    </message>
    <message>
        <source>Size of the LoRA adapter: 8 for a manner, 32 and more for facts.</source>
        <translation>Größe des LoRA-Adapters: 8 für eine Art, 32 und mehr für Wissen.</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>Startzahl</translation>
    </message>
    <message>
        <source>The same seed and settings give the same result.</source>
        <translation>Gleiche Startzahl und gleiche Einstellungen geben das gleiche Ergebnis.</translation>
    </message>
    <message>
        <source>Accumulation</source>
        <translation>Ansammlung</translation>
    </message>
    <message>
        <source>Batches added up for one step: a larger batch without more memory.</source>
        <translation>Batches, die für einen Schritt summiert werden: ein größerer Batch ohne mehr Speicher.</translation>
    </message>
    <message>
        <source>LoRA alpha</source>
        <translation>LoRA-Alpha</translation>
    </message>
    <message>
        <source>The adapter counts alpha / rank times.</source>
        <translation>Der Adapter zählt Alpha / Rang mal.</translation>
    </message>
    <message>
        <source>The model&apos;s learning rate</source>
        <translation>Lernrate des Modells</translation>
    </message>
    <message>
        <source>Of the model beside the core. 0: what suits it.</source>
        <translation>Des Modells neben dem Kern. 0: was zu ihm passt.</translation>
    </message>
    <message>
        <source>Tap</source>
        <translation>Anzapfung</translation>
    </message>
    <message>
        <source>The core comes after this many blocks of the model. -1: after all.</source>
        <translation>Der Kern kommt nach so vielen Blöcken des Modells. -1: nach allen.</translation>
    </message>
    <message>
        <source>One module for both roles</source>
        <translation>Ein Modul für beide Rollen</translation>
    </message>
    <message>
        <source>Halves the core&apos;s size: the slow and the fast module share their weights.</source>
        <translation>Halbiert die Größe des Kerns: Das langsame und das schnelle Modul teilen ihre Gewichte.</translation>
    </message>
    <message>
        <source>Gate</source>
        <translation>Tor</translation>
    </message>
    <message>
        <source>Lets the core learn for which tokens its answer counts.</source>
        <translation>Lässt den Kern lernen, für welche Tokens seine Antwort zählt.</translation>
    </message>
    <message>
        <source>Halting loss weight</source>
        <translation>Gewicht des Halteverlusts</translation>
    </message>
    <message>
        <source>How much it counts to know when an answer is right.</source>
        <translation>Wie viel es zählt, zu wissen, wann eine Antwort stimmt.</translation>
    </message>
    <message>
        <source>Full-depth share</source>
        <translation>Anteil in voller Tiefe</translation>
    </message>
    <message>
        <source>Part of the tokens that may not stop early in training.</source>
        <translation>Teil der Tokens, die im Training nicht früher anhalten dürfen.</translation>
    </message>
    <message>
        <source>Strength warm-up steps</source>
        <translation>Anlaufschritte der Stärke</translation>
    </message>
    <message>
        <source>Steps until the core counts in full; 0: from the start.</source>
        <translation>Schritte, bis der Kern voll zählt; 0: von Anfang an.</translation>
    </message>
    <message>
        <source>Warm-up steps</source>
        <translation>Anlaufschritte</translation>
    </message>
    <message>
        <source>Steps until the learning rate reaches its peak.</source>
        <translation>Schritte, bis die Lernrate ihren Höhepunkt erreicht.</translation>
    </message>
    <message>
        <source>Weight decay</source>
        <translation>Gewichtsabnahme</translation>
    </message>
    <message>
        <source>Pulls large matrices towards zero.</source>
        <translation>Zieht große Matrizen gegen null.</translation>
    </message>
    <message>
        <source>Gradient clip</source>
        <translation>Gradientengrenze</translation>
    </message>
    <message>
        <source>Largest gradient norm; 0 switches it off.</source>
        <translation>Größte Gradientennorm; 0 schaltet sie ab.</translation>
    </message>
    <message>
        <source>L2Wrap</source>
        <translation>L2Wrap</translation>
    </message>
    <message>
        <source>Keeps logits small; 0 switches it off.</source>
        <translation>Hält Logits klein; 0 schaltet es ab.</translation>
    </message>
    <message>
        <source>Validation share</source>
        <translation>Validierungsanteil</translation>
    </message>
    <message>
        <source>Part of the data that is held back to see whether it learned.</source>
        <translation>Teil der Daten, der zurückgehalten wird, um zu sehen, ob es gelernt hat.</translation>
    </message>
    <message>
        <source>Validate every</source>
        <translation>Validieren alle</translation>
    </message>
    <message>
        <source>Steps between two validations; 0 is never.</source>
        <translation>Schritte zwischen zwei Validierungen; 0 ist nie.</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>Geduld</translation>
    </message>
    <message>
        <source>The run ends after this many validations without a better loss; 0 switches it off.</source>
        <translation>Der Lauf endet nach so vielen Validierungen ohne besseren Verlust; 0 schaltet es ab.</translation>
    </message>
    <message>
        <source>Smallest gain</source>
        <translation>Kleinster Gewinn</translation>
    </message>
    <message>
        <source>A validation loss is better when it is lower by more than this.</source>
        <translation>Ein Validierungsverlust ist besser, wenn er um mehr als dies tiefer liegt.</translation>
    </message>
    <message>
        <source>Grace steps</source>
        <translation>Schonschritte</translation>
    </message>
    <message>
        <source>Patience does not count before this step.</source>
        <translation>Vor diesem Schritt zählt die Geduld nicht.</translation>
    </message>
    <message>
        <source>Save every</source>
        <translation>Speichern alle</translation>
    </message>
    <message>
        <source>Steps between two checkpoints. The last step is always saved.</source>
        <translation>Schritte zwischen zwei Sicherungspunkten. Der letzte Schritt wird immer gespeichert.</translation>
    </message>
    <message>
        <source>Checkpoints kept</source>
        <translation>Behaltene Sicherungspunkte</translation>
    </message>
    <message>
        <source>The newest ones, beside the best one.</source>
        <translation>Die neuesten, neben dem besten.</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>0 uses all processor cores.</source>
        <translation>0 nutzt alle Prozessorkerne.</translation>
    </message>
    <message>
        <source>A fresh core</source>
        <translation>Ein neuer Kern</translation>
    </message>
    <message>
        <source>on</source>
        <translation>ein</translation>
    </message>
    <message>
        <source>off</source>
        <translation>aus</translation>
    </message>
    <message>
        <source>%1 must be 0 or a multiple of %2.</source>
        <translation>%1 muss 0 oder ein Vielfaches von %2 sein.</translation>
    </message>
    <message>
        <source>%1 must be at most %2 when the whole model learns.</source>
        <translation>%1 darf höchstens %2 sein, wenn das ganze Modell lernt.</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Layer norms too</source>
        <translation>Auch die Layernorms</translation>
    </message>
    <message>
        <source>Trains the layer norms beside the matrices, as RWKV-PEFT does unless told otherwise.</source>
        <translation>Trainiert neben den Matrizen auch die Layernorms, wie RWKV-PEFT es ohne andere Angabe tut.</translation>
    </message>
</context>
<context>
    <name>SettingsPage</name>
    <message>
        <source>Settings</source>
        <translation>Einstellungen</translation>
    </message>
    <message>
        <source>Every change is saved at once.</source>
        <translation>Jede Änderung wird sofort gespeichert.</translation>
    </message>
</context>
<context>
    <name>SolveRecord</name>
    <message numerus="yes">
        <source>Solved after %n segment(s), %1 s. Checked by the rules: every row, column and box holds each digit once.</source>
        <translation>
            <numerusform>Gelöst nach %n Segment, %1 s. Nach den Regeln geprüft: Jede Zeile, jede Spalte und jeder Kasten enthält jede Ziffer genau einmal.</numerusform>
            <numerusform>Gelöst nach %n Segmenten, %1 s. Nach den Regeln geprüft: Jede Zeile, jede Spalte und jeder Kasten enthält jede Ziffer genau einmal.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not solved. After %n segment(s) the model is sure of its answer, but the answer breaks the rules.</source>
        <translation>
            <numerusform>Nicht gelöst. Nach %n Segment ist das Modell seiner Antwort sicher, aber die Antwort bricht die Regeln.</numerusform>
            <numerusform>Nicht gelöst. Nach %n Segmenten ist das Modell seiner Antwort sicher, aber die Antwort bricht die Regeln.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Not solved after %n segment(s), %1 s.</source>
        <translation>
            <numerusform>Nicht gelöst nach %n Segment, %1 s.</numerusform>
            <numerusform>Nicht gelöst nach %n Segmenten, %1 s.</numerusform>
        </translation>
    </message>
    <message>
        <source>Stopped before the first segment.</source>
        <translation>Vor dem ersten Segment angehalten.</translation>
    </message>
    <message numerus="yes">
        <source>Stopped after %n segment(s).</source>
        <translation>
            <numerusform>Nach %n Segment angehalten.</numerusform>
            <numerusform>Nach %n Segmenten angehalten.</numerusform>
        </translation>
    </message>
    <message>
        <source>The engine broke off.</source>
        <translation>Der Motor brach ab.</translation>
    </message>
    <message numerus="yes">
        <source>%n cell(s) break a rule.</source>
        <translation>
            <numerusform>%n Feld bricht eine Regel.</numerusform>
            <numerusform>%n Felder brechen eine Regel.</numerusform>
        </translation>
    </message>
    <message>
        <source>More segments or more attempts may help; some puzzles are too hard for a model, and some have no answer.</source>
        <translation>Mehr Segmente oder mehr Versuche können helfen; manche Rätsel sind einem Modell zu schwer, und manche haben keine Lösung.</translation>
    </message>
    <message>
        <source>More segments may help, or several attempts that start from different thoughts.</source>
        <translation>Mehr Segmente können helfen oder mehrere Versuche, die von verschiedenen Gedanken ausgehen.</translation>
    </message>
</context>
<context>
    <name>Spinner</name>
    <message>
        <source>Working</source>
        <translation>Arbeitet</translation>
    </message>
</context>
<context>
    <name>SudokuExamples</name>
    <message>
        <source>Easy, 40 clues</source>
        <translation>Leicht, 40 Vorgaben</translation>
    </message>
    <message>
        <source>Medium, 32 clues</source>
        <translation>Mittel, 32 Vorgaben</translation>
    </message>
    <message>
        <source>Hard, 27 clues</source>
        <translation>Schwer, 27 Vorgaben</translation>
    </message>
    <message>
        <source>Very hard, 26 clues</source>
        <translation>Sehr schwer, 26 Vorgaben</translation>
    </message>
    <message>
        <source>Beyond the built-in model, 24 clues</source>
        <translation>Zu schwer für das mitgelieferte Modell, 24 Vorgaben</translation>
    </message>
    <message>
        <source>12 clues</source>
        <translation>12 Vorgaben</translation>
    </message>
    <message>
        <source>12 clues, another</source>
        <translation>12 Vorgaben, ein anderes</translation>
    </message>
    <message>
        <source>5 clues</source>
        <translation>5 Vorgaben</translation>
    </message>
    <message>
        <source>5 clues, another</source>
        <translation>5 Vorgaben, ein anderes</translation>
    </message>
</context>
<context>
    <name>SudokuGrid</name>
    <message>
        <source>Sudoku grid</source>
        <translation>Sudoku-Gitter</translation>
    </message>
</context>
<context>
    <name>SudokuGridModel</name>
    <message>
        <source>Row %1, column %2: %3</source>
        <translation>Zeile %1, Spalte %2: %3</translation>
    </message>
    <message>
        <source>blank</source>
        <translation>leer</translation>
    </message>
    <message>
        <source>given</source>
        <translation>vorgegeben</translation>
    </message>
    <message>
        <source>%1 % sure</source>
        <translation>%1 % sicher</translation>
    </message>
    <message>
        <source>changed in this segment</source>
        <translation>in diesem Segment geändert</translation>
    </message>
    <message>
        <source>breaks a rule</source>
        <translation>bricht eine Regel</translation>
    </message>
    <message>
        <source>the model would put another digit here</source>
        <translation>das Modell würde hier eine andere Ziffer setzen</translation>
    </message>
</context>
<context>
    <name>SudokuText</name>
    <message>
        <source>This is no Sudoku: “%1” is neither a digit nor a dot for a blank cell.</source>
        <extracomment>%1: a character</extracomment>
        <translation>Das ist kein Sudoku: „%1“ ist weder eine Ziffer noch ein Punkt für ein leeres Feld.</translation>
    </message>
    <message>
        <source>This is no Sudoku: it has %1 cells. A grid has 81 (or 36, or 16); write a dot for a blank cell.</source>
        <translation>Das ist kein Sudoku: Es hat %1 Felder. Ein Gitter hat 81 (oder 36 oder 16); schreiben Sie einen Punkt für ein leeres Feld.</translation>
    </message>
    <message>
        <source>This is no Sudoku: a grid of %1 × %1 has no digit %2.</source>
        <translation>Das ist kein Sudoku: Ein Gitter von %1 × %1 hat keine Ziffer %2.</translation>
    </message>
</context>
<context>
    <name>ThinkBlock</name>
    <message>
        <source>Thinking …</source>
        <translation>Denkt nach …</translation>
    </message>
    <message>
        <source>Thoughts</source>
        <translation>Gedanken</translation>
    </message>
</context>
<context>
    <name>TokenHistogram</name>
    <message>
        <source>Samples by length</source>
        <translation>Beispiele nach Länge</translation>
    </message>
</context>
<context>
    <name>TrainForm</name>
    <message>
        <source>Choose the model that is to learn.</source>
        <translation>Wählen Sie das Modell, das lernen soll.</translation>
    </message>
    <message>
        <source>Choose a file with examples.</source>
        <translation>Wählen Sie eine Datei mit Beispielen.</translation>
    </message>
    <message>
        <source>The plan is being worked out…</source>
        <translation>Der Plan wird ausgerechnet…</translation>
    </message>
    <message>
        <source>Give the run a name.</source>
        <translation>Geben Sie dem Lauf einen Namen.</translation>
    </message>
    <message>
        <source>The data is being checked…</source>
        <translation>Die Daten werden geprüft…</translation>
    </message>
    <message>
        <source>There is no row to learn from in this file.</source>
        <translation>In dieser Datei ist keine Zeile, aus der sich lernen lässt.</translation>
    </message>
    <message>
        <source>Mend the bad rows, or choose to skip them.</source>
        <translation>Berichtigen Sie die schlechten Zeilen, oder überspringen Sie sie.</translation>
    </message>
    <message>
        <source>%1 is not a file of this computer.</source>
        <translation>%1 ist keine Datei dieses Rechners.</translation>
    </message>
    <message>
        <source>%1 is a folder. Choose one file.</source>
        <translation>%1 ist ein Ordner. Wählen Sie eine Datei.</translation>
    </message>
    <message>
        <source>%1 is empty.</source>
        <translation>%1 ist leer.</translation>
    </message>
    <message>
        <source>%1 · in %2</source>
        <translation>%1 · in %2</translation>
    </message>
    <message>
        <source>The engine is not running.</source>
        <translation>Der Motor läuft nicht.</translation>
    </message>
    <message>
        <source>State tuning learns only the model&apos;s starting mood: a tiny file, little memory, and nothing it knows is overwritten. Best for tone and manner.</source>
        <translation>Zustand trainieren lernt nur die Anfangsstimmung des Modells: eine winzige Datei, wenig Speicher, und nichts von seinem Wissen wird überschrieben. Am besten für Ton und Art.</translation>
    </message>
    <message>
        <source>Full finetuning changes every weight: it can take in the most, needs the most memory, and may forget what the model knew. Best for much text.</source>
        <translation>Volles Finetuning ändert jedes Gewicht: Es kann am meisten aufnehmen, braucht am meisten Speicher und kann Gewusstes vergessen. Am besten für viel Text.</translation>
    </message>
    <message>
        <source>LoRA adds a small adapter beside the frozen weights: it learns new content well, fits in moderate memory and can be switched off at any time.</source>
        <translation>LoRA setzt einen kleinen Adapter neben die eingefrorenen Gewichte: Es lernt neue Inhalte gut, braucht mäßig Speicher und lässt sich jederzeit abschalten.</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Bad rows</source>
        <translation>Schlechte Zeilen</translation>
    </message>
    <message>
        <source>skipped: %1</source>
        <translation>übersprungen: %1</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>abgewiesen</translation>
    </message>
    <message>
        <source>A whole new model, which you can install under a name of its own; %1 stays as it is.</source>
        <translation>Ein ganzes neues Modell, das Sie unter eigenem Namen installieren können; %1 bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>A tuned state that Chat can use with %1; the model stays as it is.</source>
        <translation>Ein trainierter Zustand, den der Chat mit %1 nutzen kann; das Modell bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>An adapter that Chat can switch on and off with %1; the model stays as it is.</source>
        <translation>Ein Adapter, den der Chat mit %1 an- und abschalten kann; das Modell bleibt, wie es ist.</translation>
    </message>
    <message numerus="yes">
        <source>The newest %n checkpoint(s) and the best one, %1 on disk at most.</source>
        <translation>
            <numerusform>Der neueste Sicherungspunkt und der beste, höchstens %1 auf dem Datenträger.</numerusform>
            <numerusform>Die neuesten %n Sicherungspunkte und der beste, höchstens %1 auf dem Datenträger.</numerusform>
        </translation>
    </message>
    <message>
        <source>Training goes on when you close the window, and can be paused and resumed.</source>
        <translation>Das Training geht weiter, wenn Sie das Fenster schließen, und lässt sich anhalten und fortsetzen.</translation>
    </message>
    <message>
        <source>Trains a small recurrent core beside the frozen model. In our comparison at equal cost LoRA learned better (Sudokus as text: 76 % right against none), while the core kept more of what the model knew. Take LoRA unless you want to experiment.</source>
        <translation>Trainiert einen kleinen rekurrenten Denkkern neben dem eingefrorenen Modell. In unserem Vergleich bei gleichem Aufwand lernte LoRA besser (Sudokus als Text: 76 % richtig gegen keines), während der Kern mehr von dem bewahrte, was das Modell wusste. Nehmen Sie LoRA, außer Sie wollen experimentieren.</translation>
    </message>
    <message>
        <source>A reasoning core with a LoRA adapter that Chat can switch on and off with %1; the model stays as it is. It cannot be merged.</source>
        <translation>Ein Denkkern mit LoRA-Adapter, den der Chat mit %1 ein- und ausschalten kann; das Modell bleibt, wie es ist. Er lässt sich nicht verschmelzen.</translation>
    </message>
    <message>
        <source>A reasoning core that Chat can switch on and off with %1, with sliders for strength and effort; the model stays as it is. It cannot be merged.</source>
        <translation>Ein Denkkern, den der Chat mit %1 ein- und ausschalten kann, mit Reglern für Stärke und Aufwand; das Modell bleibt, wie es ist. Er lässt sich nicht verschmelzen.</translation>
    </message>
    <message>
        <source>A reasoning core, and a changed copy of %1 that it belongs to, both in the run&apos;s folder. Chat cannot use this pair yet; %1 stays as it is.</source>
        <translation>Ein Denkkern und eine veränderte Kopie von %1, zu der er gehört, beide im Ordner des Laufs. Der Chat kann dieses Paar noch nicht nutzen; %1 bleibt, wie es ist.</translation>
    </message>
    <message>
        <source>A run has this name already.</source>
        <translation>So heißt schon ein Lauf.</translation>
    </message>
</context>
<context>
    <name>TrainPage</name>
    <message>
        <source>Finetune</source>
        <translation>Nachtrainieren</translation>
    </message>
    <message>
        <source>Teach a model something of your own, on this computer.</source>
        <translation>Bringen Sie einem Modell etwas Eigenes bei, auf diesem Rechner.</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>Zurück</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>Weiter</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>Starten</translation>
    </message>
    <message>
        <source>Drop to use this file as training data</source>
        <translation>Ablegen, um diese Datei als Trainingsdaten zu nehmen</translation>
    </message>
</context>
<context>
    <name>TrainPlan</name>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Optimizer</source>
        <translation>Optimierer</translation>
    </message>
    <message>
        <source>Activations</source>
        <translation>Aktivierungen</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>%1 of memory</source>
        <translation>%1 Speicher</translation>
    </message>
    <message>
        <source>%1 of %2 available memory</source>
        <translation>%1 von %2 verfügbarem Speicher</translation>
    </message>
    <message>
        <source>%1, but only %2 are available: choose a smaller batch or context, or LoRA</source>
        <translation>%1, aber nur %2 sind verfügbar: Wählen Sie einen kleineren Stapel oder Kontext, oder LoRA</translation>
    </message>
    <message>
        <source>not known yet</source>
        <translation>noch nicht bekannt</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>%1 each, at most %2 at once</source>
        <translation>je %1, höchstens %2 zugleich</translation>
    </message>
    <message>
        <source>%1, but only %2 are available: choose a smaller batch, context or core</source>
        <translation>%1, aber nur %2 sind frei: Wählen Sie einen kleineren Batch, Kontext oder Kern</translation>
    </message>
</context>
<context>
    <name>WizardSteps</name>
    <message>
        <source>Goal</source>
        <translation>Ziel</translation>
    </message>
    <message>
        <source>Model</source>
        <translation>Modell</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>Daten</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>Prüfung</translation>
    </message>
    <message>
        <source>Plan</source>
        <translation>Plan</translation>
    </message>
    <message>
        <source>Review</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>Schritte</translation>
    </message>
    <message>
        <source>Step %1 of 6: %2</source>
        <translation>Schritt %1 von 6: %2</translation>
    </message>
</context>
</TS>
