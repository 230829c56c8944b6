// SPDX-License-Identifier: GPL-3.0-or-later
// Named configurations: list, new, edit, delete.
import QtQuick
import QtQuick.Layouts
import Greylag

Card {
    id: root

    property string removing

    title: qsTr("Configurations")
    note: qsTr("A model with its adapter, system prompt and sampler under one name. Chat and other programs use it like a model.")

    ConfigurationForm {
        id: form

        engine: Engine
        onSaved: name => {
            editor.close();
            Toaster.show(qsTr("“%1” is saved.").arg(name));
        }
        onFailed: reason => Toaster.fail(reason)
    }
    ConfigurationDialog {
        id: editor

        form: form
    }
    ConfirmDialog {
        id: removeDialog

        title: qsTr("Delete “%1”?").arg(root.removing)
        text: qsTr("Programs that ask for it by name are refused. The model and the adapter stay.")
        onConfirmed: form.remove(root.removing)
    }
    Repeater {
        model: form.configurations

        RowLayout {
            id: row

            required property var modelData

            Layout.fillWidth: true
            spacing: Theme.s

            Icon {
                name: "sliders"
                color: Theme.accent
            }
            ColumnLayout {
                Layout.fillWidth: true
                spacing: 0

                Body {
                    Layout.fillWidth: true
                    font.weight: Font.Medium
                    text: row.modelData.name
                }
                Body {
                    Layout.fillWidth: true
                    muted: true
                    small: true
                    elide: Text.ElideRight
                    wrapMode: Text.NoWrap
                    text: [row.modelData.model, row.modelData.adapter, row.modelData.state,
                           qsTr("temperature %1").arg(AppInfo.number(row.modelData.temperature, 2))]
                          .filter(part => part !== "").join("  ·  ")
                }
            }
            IconButton {
                iconName: "edit"
                label: qsTr("Edit %1").arg(row.modelData.name)
                onClicked: editor.edit(row.modelData)
            }
            IconButton {
                iconName: "trash"
                label: qsTr("Delete %1").arg(row.modelData.name)
                onClicked: {
                    root.removing = row.modelData.name;
                    removeDialog.open();
                }
            }
        }
    }
    AppButton {
        iconName: "plus"
        text: qsTr("New configuration")
        enabled: Engine.isConnected
        onClicked: editor.edit(null)
    }
}
