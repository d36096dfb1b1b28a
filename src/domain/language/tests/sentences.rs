//! Twenty sentences per language, each by itself: far shorter than mails mostly are.

use super::*;

const SENTENCES: [(Language, &str); 7] = [
    (
        Language::English,
        "\
The invoice from March has the wrong address on it.
Could you send me the contract again, please?
I tried to log in this morning and it does not work.
When can we expect the delivery?
We would like to cancel the order we placed on Friday.
Our printer has stopped working, can somebody come by?
Thanks for the call, as discussed I attach the plan.
Is there any news about the refund?
There seems to be an error in the last report.
Please confirm that you got this.
Good morning, my colleague is ill, so we have to move the meeting.
How much would two more seats cost us per month?
The new version crashes whenever I open a file.
Hi team, quick one: which port does the service use?
I am writing to complain about the noise in the hall.
We are happy with the draft and only have a few small changes.
Can you call me at three?
Sorry for the late reply, I was on holiday.
Do you still need the signed form from us?
Nobody has answered my last two mails.",
    ),
    (
        Language::German,
        "\
Auf der Rechnung vom März steht die falsche Adresse.
Könnten Sie mir den Vertrag bitte noch einmal schicken?
Ich wollte mich heute Morgen anmelden, aber es geht nicht.
Wann können wir mit der Lieferung rechnen?
Wir möchten die Bestellung vom Freitag stornieren.
Unser Drucker funktioniert nicht mehr, kann jemand vorbeikommen?
Danke für das Gespräch, anbei wie besprochen der Plan.
Gibt es Neuigkeiten zu der Erstattung?
Im letzten Bericht scheint ein Fehler zu sein.
Bitte bestätigen Sie mir den Eingang dieser Mail.
Guten Morgen, mein Kollege ist krank, deshalb müssen wir den Termin verschieben.
Was würden zwei weitere Plätze im Monat kosten?
Die neue Version stürzt ab, sobald ich eine Datei öffne.
Moin zusammen, kurze Frage: welchen Port nutzt der Dienst?
Ich möchte mich über den Lärm im Flur beschweren.
Wir sind mit dem Entwurf zufrieden und haben nur ein paar kleine Änderungen.
Können Sie mich um drei Uhr anrufen?
Entschuldigung für die späte Antwort, ich war im Urlaub.
Brauchen Sie noch das unterschriebene Formular von uns?
Auf meine letzten zwei Mails hat niemand geantwortet.",
    ),
    (
        Language::French,
        "\
La facture de mars porte une mauvaise adresse.
Pourriez-vous me renvoyer le contrat, s'il vous plaît ?
J'ai essayé de me connecter ce matin et cela ne marche pas.
Quand pouvons-nous compter sur la livraison ?
Nous souhaitons annuler la commande passée vendredi.
Notre imprimante ne fonctionne plus, est-ce que quelqu'un peut passer ?
Merci pour l'appel, vous trouverez ci-joint le plan comme convenu.
Avez-vous des nouvelles du remboursement ?
Il semble y avoir une erreur dans le dernier rapport.
Merci de confirmer la bonne réception de ce message.
Bonjour, mon collègue est malade, nous devons donc déplacer la réunion.
Combien coûteraient deux places de plus par mois ?
La nouvelle version plante dès que j'ouvre un fichier.
Bonjour à tous, une petite question : quel port utilise le service ?
Je vous écris pour me plaindre du bruit dans le couloir.
Nous sommes satisfaits du projet et n'avons que quelques petites modifications.
Pouvez-vous m'appeler à trois heures ?
Désolé pour la réponse tardive, j'étais en vacances.
Avez-vous encore besoin du formulaire signé ?
Personne n'a répondu à mes deux derniers messages.",
    ),
    (
        Language::Spanish,
        "\
La factura de marzo tiene la dirección equivocada.
¿Podrían enviarme el contrato otra vez, por favor?
Intenté entrar esta mañana y no funciona.
¿Cuándo podemos contar con la entrega?
Queremos cancelar el pedido que hicimos el viernes.
Nuestra impresora ya no funciona, ¿puede venir alguien?
Gracias por la llamada, adjunto el plan como hablamos.
¿Hay alguna novedad sobre el reembolso?
Parece que hay un error en el último informe.
Por favor, confirme que ha recibido este mensaje.
Buenos días, mi compañero está enfermo, así que tenemos que mover la reunión.
¿Cuánto costarían dos plazas más al mes?
La nueva versión se cierra cuando abro un archivo.
Hola a todos, una pregunta rápida: ¿qué puerto usa el servicio?
Les escribo para quejarme del ruido en el pasillo.
Estamos contentos con el borrador y solo tenemos unos pequeños cambios.
¿Me pueden llamar a las tres?
Perdón por la respuesta tardía, estaba de vacaciones.
¿Todavía necesitan el formulario firmado?
Nadie ha contestado a mis dos últimos correos.",
    ),
    (
        Language::Italian,
        "\
Sulla fattura di marzo c'è l'indirizzo sbagliato.
Potrebbe inviarmi di nuovo il contratto, per favore?
Ho provato ad accedere stamattina e non funziona.
Quando possiamo contare sulla consegna?
Vorremmo annullare l'ordine che abbiamo fatto venerdì.
La nostra stampante non funziona più, può passare qualcuno?
Grazie per la telefonata, allego il piano come d'accordo.
Ci sono novità sul rimborso?
Sembra che ci sia un errore nell'ultimo rapporto.
Per favore mi confermi di aver ricevuto questa mail.
Buongiorno, il mio collega è malato, quindi dobbiamo spostare la riunione.
Quanto costerebbero altri due posti al mese?
La nuova versione si chiude quando apro un file.
Ciao a tutti, una domanda veloce: quale porta usa il servizio?
Scrivo per lamentarmi del rumore nel corridoio.
Siamo contenti della bozza e abbiamo solo qualche piccola modifica.
Mi potete chiamare alle tre?
Scusate per il ritardo nella risposta, ero in vacanza.
Vi serve ancora il modulo firmato da noi?
Nessuno ha risposto alle mie ultime due mail.",
    ),
    (
        Language::Dutch,
        "\
Op de factuur van maart staat het verkeerde adres.
Kunt u mij het contract nog een keer sturen, alstublieft?
Ik probeerde vanmorgen in te loggen en het werkt niet.
Wanneer kunnen wij de levering verwachten?
Wij willen de bestelling van vrijdag graag annuleren.
Onze printer doet het niet meer, kan er iemand langskomen?
Bedankt voor het gesprek, in de bijlage het plan zoals besproken.
Is er al nieuws over de terugbetaling?
Er lijkt een fout te zitten in het laatste rapport.
Wilt u bevestigen dat u deze mail hebt ontvangen?
Goedemorgen, mijn collega is ziek, dus we moeten de afspraak verzetten.
Wat zouden twee extra plaatsen per maand kosten?
De nieuwe versie loopt vast zodra ik een bestand open.
Hoi allemaal, een korte vraag: welke poort gebruikt de dienst?
Ik schrijf u om te klagen over het lawaai op de gang.
We zijn tevreden met het ontwerp en hebben alleen een paar kleine wijzigingen.
Kunt u mij om drie uur bellen?
Sorry voor de late reactie, ik was op vakantie.
Heeft u het ondertekende formulier nog van ons nodig?
Niemand heeft op mijn laatste twee mails geantwoord.",
    ),
    (
        Language::Portuguese,
        "\
A fatura de março tem a morada errada.
Podiam enviar-me o contrato outra vez, por favor?
Tentei entrar esta manhã e não funciona.
Quando podemos contar com a entrega?
Gostaríamos de cancelar a encomenda que fizemos na sexta-feira.
A nossa impressora já não funciona, alguém pode passar por cá?
Obrigado pela chamada, segue em anexo o plano como combinado.
Há alguma novidade sobre o reembolso?
Parece haver um erro no último relatório.
Por favor, confirme que recebeu esta mensagem.
Bom dia, o meu colega está doente, por isso temos de adiar a reunião.
Quanto custariam mais dois lugares por mês?
A nova versão fecha quando abro um ficheiro.
Olá a todos, uma pergunta rápida: que porta usa o serviço?
Escrevo para me queixar do barulho no corredor.
Estamos satisfeitos com o rascunho e só temos algumas pequenas alterações.
Podem ligar-me às três?
Desculpe a demora na resposta, estava de férias.
Ainda precisam do formulário assinado?
Ninguém respondeu aos meus dois últimos e-mails.",
    ),
];

#[test]
fn a_single_sentence_is_seldom_in_doubt_and_never_taken_for_another_language() {
    let (mut right, mut unsure) = (0, 0);
    for (language, sentences) in SENTENCES {
        for sentence in sentences.lines() {
            match Language::of_mail("", sentence) {
                Some(told) => {
                    assert_eq!(told, language, "{sentence}");
                    right += 1;
                }
                None => unsure += 1,
            }
        }
    }
    assert_eq!(right + unsure, 140);
    assert!(right >= 100, "{right} right, {unsure} unsure");
}
